"""Lines in the spectrum: by a slow Fourier sum, and where there is a grid."""

import numpy as np

from ift6266.evaluation.spectrum import line_energy
from tests.support import input_error

RANDOM = np.random.RandomState(1)
ROWS, COLUMNS = np.mgrid[:32, :32]


def ratio(pixels):
    on, beside = line_energy(pixels)
    return on.mean() / beside.mean()


def noise(number=200):
    return RANDOM.normal(size=(number, 3, 32, 32))


def test_energy_is_that_of_the_fourier_sum():
    (pixels,) = noise(1)
    grey = pixels.mean(axis=0)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(32) / 31)
    grey = (grey - grey.mean()) * window[:, np.newaxis] * window

    def energy(row, column):
        waves = np.exp(-2j * np.pi * (row * ROWS + column * COLUMNS) / 32)
        return abs((grey * waves).sum()) ** 2

    def along_both(frequency):
        return sum(energy(frequency, other) + energy(other, frequency) for other in range(32))

    on, beside = line_energy(pixels[np.newaxis])
    np.testing.assert_allclose(on, [along_both(16) + along_both(8)])
    around = along_both(13) + along_both(19) + along_both(5) + along_both(11)
    np.testing.assert_allclose(beside, [around / 2])


def test_noise_has_no_lines():
    assert abs(ratio(noise()) - 1) < 0.05


def test_grids_have():
    for grid in (
        (ROWS + COLUMNS) % 2,
        ROWS % 2,
        COLUMNS % 4 == 0,
        (ROWS % 4 == 1) & (COLUMNS % 4 == 2),
    ):
        assert ratio(noise() + 0.5 * grid) > 1.2


def test_what_repeats_otherwise_is_no_such_grid():
    for pattern in (ROWS % 3 == 0, COLUMNS % 5 == 0):
        assert ratio(noise() + 0.5 * pattern) < 1.1


def test_holes_of_another_size_are_refused():
    assert '32×32' in input_error(line_energy, np.zeros((2, 3, 16, 32)))
