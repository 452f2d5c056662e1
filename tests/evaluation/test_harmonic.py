"""The harmonic fill against known harmonic functions and against plain iteration."""

import numpy as np

from ift6266.data.hole import fill, split
from ift6266.evaluation.harmonic import harmonic_fill

ROW, COLUMN = np.mgrid[-1:1:64j, -1:1:64j]


def pictures(*channels):
    """One picture, (1, 3, 64, 64)."""
    return np.stack(channels)[np.newaxis]


def test_functions_that_are_harmonic_on_the_grid_are_reproduced():
    images = pictures(0.3 * ROW - 0.2 * COLUMN + 0.5, ROW**2 - COLUMN**2, ROW * COLUMN)
    context, target = split(images)
    np.testing.assert_allclose(harmonic_fill(context), target, atol=1e-12)


def test_every_pixel_is_the_mean_of_its_neighbours():
    context, _ = split(np.random.RandomState(1).uniform(size=(2, 3, 64, 64)))
    filled = fill(context, harmonic_fill(context))
    neighbours = (
        filled[..., :-2, 1:-1]
        + filled[..., 2:, 1:-1]
        + filled[..., 1:-1, :-2]
        + filled[..., 1:-1, 2:]
    )
    np.testing.assert_allclose(
        filled[..., 16:48, 16:48], neighbours[..., 15:47, 15:47] / 4, atol=1e-12
    )


def test_only_the_ring_around_the_hole_is_read():
    images = np.random.RandomState(2).uniform(size=(1, 3, 64, 64))
    other = np.random.RandomState(3).uniform(size=images.shape)
    ring = np.zeros((64, 64), bool)
    ring[15, 16:48] = ring[48, 16:48] = ring[16:48, 15] = ring[16:48, 48] = True
    np.testing.assert_array_equal(
        harmonic_fill(images), harmonic_fill(np.where(ring, images, other))
    )


def test_the_type_is_kept_and_the_range_not_left():
    context, _ = split(np.random.RandomState(4).randint(0, 2, (4, 3, 64, 64)).astype(np.float32))
    centre = harmonic_fill(context)
    assert centre.dtype == np.float32 and centre.shape == (4, 3, 32, 32)
    assert centre.min() >= 0 and centre.max() <= 1 + 1e-6
