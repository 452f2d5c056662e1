"""The pixels that meet at the border of the hole, and how far apart they are."""

import numpy as np

from ift6266.data.hole import BORDER, HOLE

_BEFORE, _AFTER, _BESIDE = BORDER - 1, BORDER + HOLE, slice(BORDER, BORDER + HOLE)


def outside(context):
    """The known pixels that touch the hole.

    (..., 64, 64) → (..., 128): the row above the hole, the row below, the column to its left
    and the column to its right.
    """
    return np.concatenate(
        [
            context[..., _BEFORE, _BESIDE],
            context[..., _AFTER, _BESIDE],
            context[..., _BESIDE, _BEFORE],
            context[..., _BESIDE, _AFTER],
        ],
        axis=-1,
    )


def inside(centre):
    """The pixels of a centre that touch those of :func:`outside`, in the same order.

    (..., 32, 32) → (..., 128); a corner touches two of them, and comes twice.
    """
    return np.concatenate(
        [centre[..., 0, :], centre[..., -1, :], centre[..., :, 0], centre[..., :, -1]], axis=-1
    )


def border_step(context, centre):
    """The mean absolute difference of each picture's 4×32 pairs of pixels across the border.

    A painted centre should step as much as the true one does: less is a blur, more an edge
    that shows where the hole was.

    (batch, 3, 64, 64) and (batch, 3, 32, 32) in [0, 1] → (batch,) float64.
    """
    return np.abs(inside(centre) - outside(context)).mean(axis=(1, 2), dtype=np.float64)
