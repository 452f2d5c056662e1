"""Reconstruction losses that Lasagne 0.1 lacks, and where they look."""

import theano.tensor as T
from theano.tensor.signal.pool import pool_2d


def absolute_error(painted, target):
    """|painted − target| of each number: L1."""
    return abs(painted - target)


def coarse_squared_error(painted, target, side=4):
    """The squared difference of the means over blocks, for each of their numbers.

    L2 at a quarter of the resolution: within a block of ``side`` times ``side`` pixels an adversary
    may have its way.  (batch, channels, n, n) → the same, n a multiple of ``side``.
    """
    difference = pool_2d(painted - target, (side, side), True, mode='average_exc_pad')
    for axis in (2, 3):
        difference = T.extra_ops.repeat(difference, side, axis)
    return T.sqr(difference)


def overlap(mask, width=4, weight=10):
    """Weights of pixels: 1 in the hole, ``weight`` in a border around it, (batch, 1, n, n).

    Pathak et al. (2016), section 3: what is painted over the ``width`` known pixels around the
    hole must agree with them.
    """
    side = 2 * width + 1
    wide = pool_2d(mask, (side, side), True, (1, 1), (width, width), 'max')
    return mask + weight * (wide - mask)
