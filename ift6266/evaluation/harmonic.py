"""The harmonic fill: the smoothest centre that continues the pixels around the hole.

A few lines and no learning: the mark that a trained generator has to beat.
"""

from functools import cache

import numpy as np
from scipy.sparse import diags, kronsum
from scipy.sparse.linalg import splu

from ift6266.data.hole import HOLE
from ift6266.evaluation.border import outside


@cache
def harmonic_matrix():
    """The centre as a linear function of the ring of pixels that touch the hole.

    In the discrete Laplace equation every pixel is the mean of its four neighbours,

        4 u(i, j) − u(i−1, j) − u(i+1, j) − u(i, j−1) − u(i, j+1) = 0,

    where neighbours outside the hole are known and go to the right-hand side.  It is
    solved once for each pixel of the ring.

    Returns (128, 1024) float64: a row for each pixel of
    :func:`~ift6266.evaluation.border.outside`, in its order.
    """
    second_difference = diags([-1.0, 2.0, -1.0], [-1, 0, 1], shape=(HOLE, HOLE))
    identity = np.eye(HOLE)
    first, last = identity[:, :1], identity[:, -1:]
    known = np.hstack([
        np.kron(first, identity),
        np.kron(last, identity),
        np.kron(identity, first),
        np.kron(identity, last),
    ])
    return splu(kronsum(second_difference, second_difference, 'csc')).solve(known).T


def harmonic_fill(context):
    """Fill the hole by the solution of Laplace's equation, channel by channel.

    (batch, 3, 64, 64) float in [0, 1] → (batch, 3, 32, 32) of the same dtype, within the
    range of the pixels around the hole.  The hole's own pixels are not read.
    """
    centre = np.tensordot(outside(context), harmonic_matrix().astype(context.dtype), axes=1)
    return centre.reshape(context.shape[:-2] + (HOLE, HOLE))
