"""The energy of gradients against a loop, a plane and a checkerboard."""

import numpy as np

from ift6266.evaluation.gradients import gradient_energy


def test_energy_is_the_mean_over_all_neighbours():
    centres = np.random.RandomState(1).uniform(size=(2, 3, 32, 32))
    for centre, energy in zip(centres, gradient_energy(centres)):
        squares = [
            (centre[:, row, column] - centre[:, row + down, column + right]) ** 2
            for down, right in ((1, 0), (0, 1))
            for row in range(32 - down)
            for column in range(32 - right)
        ]
        np.testing.assert_allclose(energy, np.mean(squares), rtol=1e-12)


def test_known_pictures():
    row, column = np.mgrid[:32, :32]
    pictures = np.stack([0.01 * row + 0.02 * column, (row + column) % 2, 0 * row])
    centres = np.repeat(pictures[:, np.newaxis], 3, axis=1)
    np.testing.assert_allclose(gradient_energy(centres), [(0.01**2 + 0.02**2) / 2, 1, 0])
