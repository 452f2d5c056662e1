"""What all fills share: pictures with equal holes are filled at once."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import wraps

import numpy as np
from scipy.ndimage import binary_dilation

from ift6266.errors import InputError


def by_hole(values: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
    """Make a fill of a function that paints one hole in many pictures.

    Parameters
    ----------
    values : callable
        (context, hole) → the pixels of the hole, (pictures, 3, pixels), in the order in which
        ``hole``, (64, 64) bool, indexes an array.  There ``context``, (pictures, 3, 64, 64), is 0.

    Returns
    -------
    callable
        (context, mask) → pictures: (batch, 3, 64, 64) float in [0, 1], and (batch, 1, 64, 64), 1
        in each picture's hole → (batch, 3, 64, 64) of the type of ``context``, whose holes are not
        read.  Keyword arguments are handed to ``values``.  Raises :class:`InputError` where a
        hole is the whole picture.
    """

    @wraps(values, assigned=('__module__', '__name__', '__qualname__', '__doc__'))
    def fill(context: np.ndarray, mask: np.ndarray, **given) -> np.ndarray:
        pictures = np.array(context)
        for hole, rows in _groups(mask):
            if hole.all():
                raise InputError('a hole that is the whole picture cannot be filled')
            filled = pictures[rows]
            filled[..., hole] = 0
            filled[..., hole] = values(filled, hole, **given)
            pictures[rows] = filled
        return pictures

    del fill.__wrapped__  # whose signature is another
    return fill


def surroundings(hole: np.ndarray, width: int) -> np.ndarray:
    """The known pixels of a picture at most ``width`` rows and columns from a pixel of the hole.

    Both are (64, 64) bool.
    """
    return binary_dilation(hole, np.ones((2 * width + 1, 2 * width + 1))) & ~hole


def _groups(mask) -> Iterator[tuple[np.ndarray, list[int]]]:
    """The different holes of a minibatch, (64, 64) bool, and the rows of the pictures with each."""
    # scikit-image takes arrays in no other order.
    holes, groups = mask[:, 0].astype(bool, order='C'), defaultdict(list)
    for row, hole in enumerate(holes):
        groups[hole.tobytes()].append(row)
    for rows in groups.values():
        yield holes[rows[0]], rows
