"""The harmonic fill against known harmonic functions and pixel by pixel."""

import numpy as np

from ift6266.evaluation.fills.harmonic import harmonic_fill
from ift6266.holes import strokes
from tests.evaluation.support import all_kinds, minibatch, noise_minibatch

ROW, COLUMN = np.mgrid[-1:1:64j, -1:1:64j]


def fill(batch):
    return harmonic_fill(batch['context'], batch['mask'])


def test_functions_that_are_harmonic_on_the_grid_are_reproduced():
    picture = np.stack([0.3 * ROW - 0.2 * COLUMN + 0.5, ROW**2 - COLUMN**2, ROW * COLUMN])
    holes = [strokes(np.random.RandomState(seed)) for seed in range(4)]
    inner = np.zeros((64, 64), bool)
    inner[1:-1, 1:-1] = True  # at the edge of the picture these functions have a slope
    batch = minibatch(np.stack(4 * [picture]), np.stack(holes) & inner)
    np.testing.assert_allclose(fill(batch), batch['picture'], atol=1e-12)


def test_nothing_flows_over_the_edge_of_the_picture():
    across = np.zeros((64, 64), bool)
    across[20:30] = True
    batch = minibatch(np.stack(3 * [ROW])[np.newaxis], across)
    np.testing.assert_allclose(fill(batch), batch['picture'], atol=1e-12)


def test_every_pixel_is_the_mean_of_its_neighbours():
    holes = all_kinds()
    painted = fill(noise_minibatch(holes))
    for picture, hole in zip(painted, holes):
        for row, column in np.argwhere(hole):
            neighbours = [
                picture[:, row + down, column + right]
                for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1))
                if 0 <= row + down < 64 and 0 <= column + right < 64
            ]
            np.testing.assert_allclose(
                picture[:, row, column], np.mean(neighbours, axis=0), atol=1e-12
            )


def test_only_the_pixels_that_touch_the_hole_are_read():
    batch, other = noise_minibatch(all_kinds()[:1]), noise_minibatch(all_kinds()[:1], seed=3)
    touching = np.zeros((64, 64), bool)
    touching[15, 16:48] = touching[48, 16:48] = touching[16:48, 15] = touching[16:48, 48] = True
    mixed = np.where(touching, batch['picture'], other['picture'])
    inside = batch['mask'] > 0
    np.testing.assert_array_equal(
        np.where(inside, fill(batch), 0), np.where(inside, harmonic_fill(mixed, batch['mask']), 0)
    )
