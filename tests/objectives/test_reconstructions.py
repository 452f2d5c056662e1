"""The reconstruction losses against their closed forms."""

from functools import partial

import numpy as np
from scipy.ndimage import binary_dilation

from ift6266.objectives import RECONSTRUCTIONS
from ift6266.objectives.reconstruction import overlap
from tests.objectives.support import value


def test_l2_is_the_squared_difference_of_each_number():
    painted, target = np.random.RandomState(1).uniform(size=(2, 4, 3, 5, 5))
    found = value(RECONSTRUCTIONS['l2'], painted, target)
    np.testing.assert_allclose(found, (painted - target) ** 2, rtol=1e-12)


def test_l1_is_the_distance_of_each_number():
    painted, target = np.random.RandomState(1).uniform(size=(2, 4, 3, 5, 5))
    found = value(RECONSTRUCTIONS['l1'], painted, target)
    np.testing.assert_allclose(found, abs(painted - target), rtol=1e-12)


def test_coarse_l2_is_that_of_means_over_blocks():
    painted, target = np.random.RandomState(1).uniform(size=(2, 4, 3, 8, 12))
    found = value(RECONSTRUCTIONS['coarse_l2'], painted, target)
    for row, column in np.ndindex(2, 3):
        block = np.s_[..., 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        mean = (painted - target)[block].mean(axis=(2, 3), keepdims=True)
        np.testing.assert_allclose(found[block], np.broadcast_to(mean**2, found[block].shape))


def test_overlap_weighs_a_border_of_known_pixels():
    """Against SciPy's dilation; also where a hole is at the edge of the picture."""
    masks = np.zeros((2, 1, 20, 16))
    masks[0, 0, 8:12, 6:9] = 1
    masks[1, 0, :3, 12:] = 1
    for width, weight in ((4, 10), (2, 3)):
        square = np.ones((2 * width + 1, 2 * width + 1))
        wide = np.stack([[binary_dilation(mask[0], square)] for mask in masks])
        found = value(partial(overlap, width=width, weight=weight), masks)
        np.testing.assert_array_equal(found, np.where(masks > 0, 1, weight * wide))
