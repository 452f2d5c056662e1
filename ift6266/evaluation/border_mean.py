"""The plainest fill: one colour, the mean of all that is known."""

import numpy as np

from ift6266.data.hole import HOLE, surroundings


def border_mean_fill(context):
    """Fill the hole by the mean colour of the known pixels, a border 16 pixels wide.

    (batch, 3, 64, 64) float in [0, 1] → (batch, 3, 32, 32) of the same dtype.  The hole's own
    pixels are not read.
    """
    colours = context[..., surroundings()].mean(axis=-1)
    return np.tile(colours[..., np.newaxis, np.newaxis], (HOLE, HOLE))
