"""The biharmonic fill of scikit-image, which also continues the slopes around the hole."""

from functools import cache

import numpy as np

from ift6266.data.hole import HOLE, SIZE, split, surroundings

REACH = 2  # the discrete biharmonic operator sees so far


@cache
def biharmonic_matrix():
    """The centre as a linear function of the pixels within two of the hole.

    It is scikit-image's answer for pictures in which one of them is 1 and the others 0, all
    solved at once.

    Returns (272, 1024) float64: a row for each pixel of ``surroundings(2)``, in the order in
    which they index an array.
    """
    from skimage.restoration import inpaint_biharmonic

    near = surroundings(REACH)
    units = np.zeros((near.sum(), SIZE, SIZE))
    units[:, near] = np.eye(len(units))
    # scikit-image cuts its answer off at the range of the known pixels; far from the hole,
    # where they change nothing else, these two make the range wide.
    units[:, 0, 0], units[:, -1, -1] = -100, 100
    hole = ~surroundings()
    return split(inpaint_biharmonic(units, hole, channel_axis=0))[1].reshape(len(units), -1)


def biharmonic_fill(context):
    """Fill the hole by the solution of the biharmonic equation, channel by channel.

    The result is that of ``skimage.restoration.inpaint_biharmonic`` (Damelin and Hoang, 2018):
    values beyond the range of a channel's known pixels are cut off.

    (batch, 3, 64, 64) float in [0, 1] → (batch, 3, 32, 32) of the same dtype.  The hole's own
    pixels are not read.
    """
    centre = context[..., surroundings(REACH)] @ biharmonic_matrix().astype(context.dtype)
    known = context[..., surroundings()]
    centre = np.clip(centre, known.min(axis=-1, keepdims=True), known.max(axis=-1, keepdims=True))
    return centre.reshape(context.shape[:-2] + (HOLE, HOLE))
