"""Whether painted pictures have a grid: lines in their spectrum that photographs have not.

Convolutions of stride 2 leave patterns that repeat after two pixels, or four, because neighbouring
pixels come of different filters (Odena, Dumoulin and Olah 2016).
"""

import numpy as np

from ift6266.errors import InputError

SIDE = 32  # pixels, of what is looked at
PERIODS = (2, 4)  # pixels
ASIDE = 3  # frequencies between a line and what it is compared with, farther than a window blurs


def line_energy(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Energy in the spectrum at the periods of two and four pixels, and beside these.

    Of grey pictures under a Hann window, along rows and along columns.  In photographs the energy
    at a frequency is about the mean of those on both sides; a grid has more.

    Parameters
    ----------
    pixels : (pictures, 3, 32, 32)
        What is in the holes.

    Returns
    -------
    pair of arrays
        (pictures,) float64.

    Raises
    ------
    InputError
        If the holes are of another size.
    """
    if pixels.shape[2:] != (SIDE, SIDE):
        raise InputError(f'lines in the spectrum are sought in holes of {SIDE}×{SIDE} pixels')
    grey = pixels.mean(axis=1, dtype=np.float64)
    window = np.hanning(SIDE)
    spectrum = np.fft.fft2(
        (grey - grey.mean(axis=(1, 2), keepdims=True)) * np.outer(window, window)
    )
    energy = np.square(np.abs(spectrum))
    # By frequency along one axis, whatever it is along the other.
    profile = energy.sum(axis=1) + energy.sum(axis=2)
    lines = [SIDE // period for period in PERIODS]
    on = sum(profile[:, line] for line in lines)
    beside = sum(profile[:, line - ASIDE] + profile[:, line + ASIDE] for line in lines) / 2
    return on, beside
