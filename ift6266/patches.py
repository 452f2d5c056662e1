"""What completes pictures by patches of themselves, in NumPy.

:mod:`ift6266.backends.cpu` has the same functions as kernels, which give the same bits.

Pictures are (height, width, 4) uint8: three colours and a zero.  A place is the flat index of a
pixel, and stands for the patch of 7×7 pixels about it.  A field, (height, width) int32, has for
each place the one that was found for it, or -1 where none is asked for; the patches of both lie in
the picture.  Patches are near by the sum of squared differences of their colours.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

REACH = 3  # pixels from the centre of a patch to its sides
SIDE = 2 * REACH + 1
DEEPEST = 12  # the last depth that halves the weight of a vote
CHUNK = 1 << 14  # places that are compared at once, 3 MB of each


def search_exemplars(picture: np.ndarray, candidates: np.ndarray, field: np.ndarray) -> None:
    """Find for each place of the field the nearest of all candidates, the first of equal ones.

    ``candidates`` is (number,) int32.  The field is changed.
    """
    places = np.flatnonzero(field >= 0)
    # float32 is exact: no sum of 147 products of bytes is above 2²⁴.
    ours, theirs = (
        _patches(picture, each).reshape(-1, SIDE * SIDE * 4).astype(np.float32)
        for each in (places, candidates)
    )
    squares = np.einsum('ij,ij->i', theirs, theirs)
    gaps = squares.astype(np.float64) - 2.0 * (ours @ theirs.T)
    field.flat[places] = candidates[gaps.argmin(axis=1)]


def mend_exemplars(
    picture: np.ndarray, usable: np.ndarray, field: np.ndarray, *, radius: int, seed: int
) -> np.ndarray:
    """One pass of PatchMatch (Barnes, Shechtman, Finkelstein and Goldman 2009): a nearer field.

    Each place tries what its four neighbours have found, moved as it lies beside them, and a random
    place about its own.  Places do not wait for one another, as they do in the paper, so that the
    result does not depend on their order.

    Parameters
    ----------
    picture, field
    usable : (height, width) bool
        The places that may be found.
    radius : int
        The random place is at most this far, or a half, a quarter … of it; from 1 to 8191.
    seed : int
        From 0 to 2³² − 1.
    """
    height, width = field.shape
    places = np.flatnonzero(field >= 0)
    best = field.flat[places]
    least = _differences(picture, places, best)

    def attempt(rows, columns, sensible):
        sensible = sensible & (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
        found = np.where(sensible, rows * width + columns, 0)
        tried = np.flatnonzero(sensible & usable.flat[found])
        differences = _differences(picture, places[tried], found[tried])
        nearer = differences < least[tried]
        best[tried[nearer]] = found[tried[nearer]]
        least[tried[nearer]] = differences[nearer]

    padded = np.pad(field, 1, constant_values=-1)
    for down, right in (-1, 0), (0, -1), (0, 1), (1, 0):
        theirs = padded[places // width + 1 + down, places % width + 1 + right]
        attempt(theirs // width - down, theirs % width - right, theirs >= 0)
    numbers = _scramble(seed, places)
    span = radius >> ((numbers & 15) % radius.bit_length())
    rows, columns = (
        middle - span + draw % (2 * span + 1)
        for middle, draw in ((best // width, numbers >> 4 & 0x3FFF), (best % width, numbers >> 18))
    )
    attempt(rows, columns, True)
    mended = field.copy()
    mended.flat[places] = best
    return mended


def vote_exemplars(
    picture: np.ndarray, hole: np.ndarray, field: np.ndarray, *, depth: np.ndarray
) -> None:
    """Paint the hole: each pixel is the mean of what the patches found about it have there.

    The weight of a vote is 2^−depth of its place, ``depth`` being (height, width) uint8, at most
    12 (Wexler, Shechtman and Irani 2007, section 3.2: what is near the known is more certain).
    """
    height, width = field.shape
    pixels = np.flatnonzero(hole)
    sums, weights = np.zeros((len(pixels), 4), np.int32), np.zeros((len(pixels), 1), np.int32)
    padded = np.pad(field, REACH, constant_values=-1)
    padded_depth = np.pad(depth, REACH)
    for down in range(-REACH, REACH + 1):
        for right in range(-REACH, REACH + 1):
            about = pixels // width + REACH + down, pixels % width + REACH + right
            found = padded[about]
            votes = np.flatnonzero(found >= 0)
            weight = (1 << DEEPEST >> padded_depth[about][votes].astype(np.int32))[:, None]
            source = found[votes] - down * width - right
            sums[votes] += weight * picture.reshape(-1, 4)[source]
            weights[votes] += weight
    painted = weights[:, 0] > 0
    sums, weights = sums[painted], weights[painted]
    picture.reshape(-1, 4)[pixels[painted]] = (sums + weights // 2) // weights


def _patches(picture, places):
    """(places, 7, 7, 4) uint8."""
    windows = sliding_window_view(picture, (SIDE, SIDE), axis=(0, 1))
    rows, columns = np.divmod(places, picture.shape[1])
    return np.moveaxis(windows[rows - REACH, columns - REACH], 1, -1)


def _differences(picture, places, others):
    """The sum of squared differences of each pair of patches, (places,) int32."""
    result = np.empty(len(places), np.int32)
    for start in range(0, len(places), CHUNK):
        chunk = slice(start, start + CHUNK)
        gaps = _patches(picture, places[chunk]).astype(np.int32) - _patches(picture, others[chunk])
        result[chunk] = np.einsum('nijc,nijc->n', gaps, gaps)
    return result


def _scramble(seed, places):
    """Numbers that look random, (places,) int64 below 2³²."""
    numbers = np.uint32(seed) + places.astype(np.uint32) * np.uint32(0x9E3779B1)
    numbers = (numbers ^ numbers >> np.uint32(16)) * np.uint32(0x7FEB352D)
    numbers = (numbers ^ numbers >> np.uint32(15)) * np.uint32(0x846CA68B)
    return (numbers ^ numbers >> np.uint32(16)).astype(np.int64)
