"""Distances between painted centres and the true ones."""

import numpy as np


def l1(painted, target):
    """The mean absolute error of each picture; arguments and result as in :func:`mse`."""
    return np.abs(painted - target).mean(axis=(1, 2, 3), dtype=np.float64)


def mse(painted, target):
    """The mean squared error of each picture: over its channels and pixels.

    Both (batch, 3, 32, 32) in [0, 1]; returns (batch,) float64.
    """
    return np.square(painted - target).mean(axis=(1, 2, 3), dtype=np.float64)


def psnr(error):
    """Peak signal-to-noise ratio, −10 · log10(MSE) decibels, of a mean squared error.

    The peak is 1.  Take the mean of the errors of many pictures first: the mean of their
    ratios is another and a larger number.  Also takes an array of such errors.
    """
    with np.errstate(divide='ignore'):  # of no error it is infinite
        return -10 * np.log10(error)
