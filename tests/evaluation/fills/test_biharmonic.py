"""The biharmonic fill against scikit-image picture by picture."""

import numpy as np
from skimage.restoration import inpaint_biharmonic

from ift6266.evaluation.fills.biharmonic import biharmonic_fill
from ift6266.holes import centre
from tests.evaluation.support import all_kinds, minibatch, noise_minibatch


def test_fill_is_that_of_scikit_image():
    holes = all_kinds()[[0, 1, 2, 3, 0]]
    pictures = noise_minibatch(holes)['picture']
    pictures[3:] = np.cumsum(np.cumsum(pictures[3:] - 0.5, axis=2), axis=3)  # smooth
    batch = minibatch(pictures, holes)
    expected = [
        inpaint_biharmonic(picture, hole, channel_axis=0)
        for picture, hole in zip(batch['context'], holes)
    ]
    painted = biharmonic_fill(batch['context'], batch['mask'])
    np.testing.assert_allclose(painted, expected, atol=1e-9)


def test_values_are_cut_off_at_the_range_of_each_channel():
    # Slopes up, or down, to the hole, which the fill would continue.
    row, column = np.mgrid[:64, :64]
    away = np.maximum(abs(row - 31.5), abs(column - 31.5)) - 15.5  # from the hole, in pixels
    steep = 0.5 + 0.2 * (away <= 1) + 0.1 * (away <= 2)
    batch = minibatch(np.stack([steep, 1 - steep, 0 * steep])[np.newaxis])
    (painted,) = biharmonic_fill(batch['context'], batch['mask'])[..., centre()]
    np.testing.assert_allclose(painted[0].max(), 0.8)
    np.testing.assert_allclose(painted[1].min(), 0.2)
    assert not painted[2].any()
