"""Reconstruction losses that Lasagne 0.1 lacks, and where they look."""

from theano.tensor.signal.pool import pool_2d


def absolute_error(painted, target):
    """|painted − target| of each number: L1."""
    return abs(painted - target)


def overlap(mask, width=4, weight=10):
    """Weights of pixels: 1 in the hole, ``weight`` in a border around it, (batch, 1, n, n).

    Pathak et al. (2016), section 3: what is painted over the ``width`` known pixels around the
    hole must agree with them.
    """
    side = 2 * width + 1
    wide = pool_2d(mask, (side, side), True, (1, 1), (width, width), 'max')
    return mask + weight * (wide - mask)
