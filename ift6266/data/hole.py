"""The geometry of the task: a 64x64 photograph whose centre 32x32 is blanked out."""

import numpy

SIZE = 64
HOLE = 32
BORDER = (SIZE - HOLE) // 2

_CENTRE = (Ellipsis, slice(BORDER, BORDER + HOLE), slice(BORDER, BORDER + HOLE))


def split(images):
    """Cut the hole.

    Parameters
    ----------
    images : :class:`numpy.ndarray`, (..., 64, 64), any dtype

    Returns
    -------
    context : array of the same shape and dtype
        The images with zeros in the centre.
    target : array, (..., 32, 32)
        The centres.  Both are copies.
    """
    context, target = images.copy(), images[_CENTRE].copy()
    context[_CENTRE] = 0
    return context, target


def fill(context, centre):
    """Put centres, (..., 32, 32), back into a copy of ``context``, (..., 64, 64)."""
    images = context.copy()
    images[_CENTRE] = centre
    return images


def surroundings(width=BORDER):
    """Which pixels are known and at most ``width`` rows or columns away from the hole.

    Returns (64, 64) bool.  Without ``width`` it is all that are known.
    """
    known = numpy.zeros((SIZE, SIZE), bool)
    near = slice(BORDER - width, BORDER + HOLE + width)
    known[near, near] = True
    known[_CENTRE] = False
    return known
