"""Distances between painted centres and the true ones."""
import math

import numpy as np


def mse(painted, target):
    """The mean squared error of each picture: over its channels and pixels.

    Both (batch, 3, 32, 32) in [0, 1]; returns (batch,) float64.
    """
    return np.square(painted - target).mean(axis=(1, 2, 3), dtype=np.float64)


def psnr(error):
    """Peak signal-to-noise ratio, −10 · log10(MSE) decibels, of a mean squared error.

    The peak is 1.  Take the mean of the errors of many pictures first: the mean of their
    ratios is another and a larger number.
    """
    return math.inf if error == 0 else -10 * math.log10(error)
