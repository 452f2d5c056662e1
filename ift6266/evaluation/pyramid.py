"""Pictures taken apart by the size of their detail: the Laplacian pyramid."""

import numpy as np
from scipy.ndimage import convolve1d

BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / 16


def laplacian_pyramid(images, levels):
    """What each level adds to the next coarser one, and last the coarsest itself.

    Burt and Adelson (1983), *The Laplacian Pyramid as a Compact Image Code*, with the
    binomial filter of five taps in both directions, and pictures mirrored about their
    outermost pixels.

    Parameters
    ----------
    images : array, (batch, 3, height, width) float
        Sides that can be halved ``levels − 1`` times.
    levels : int

    Returns
    -------
    list of float32 arrays
        (batch, 3, height, width), then of half that height and width, and so on.  Enlarging
        the last by :func:`enlarge`, adding the one before it, and so on gives the pictures.
    """
    pyramid = [np.asarray(images, np.float32)]
    for _ in range(levels - 1):
        coarser = _blur(pyramid[-1])[..., ::2, ::2]
        pyramid[-1] = pyramid[-1] - enlarge(coarser)
        pyramid.append(coarser)
    return pyramid


def enlarge(images):
    """Pictures at twice their height and width, the new pixels interpolated."""
    batch, channels, height, width = images.shape
    spaced = np.zeros((batch, channels, 2 * height, 2 * width), images.dtype)
    spaced[..., ::2, ::2] = images
    return 4 * _blur(spaced)


def _blur(images):
    for axis in (2, 3):
        images = convolve1d(images, BINOMIAL, axis, mode='mirror')
    return images
