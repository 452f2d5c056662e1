"""The geometry of the task: a 64x64 photograph whose centre 32x32 is blanked out."""

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
