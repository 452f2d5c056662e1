"""What completes pictures by patches of themselves, in NumPy.

:mod:`ift6266.backends.cpu` has the same functions as kernels, which give the same bits.

Pictures are (height, width, 4) uint8: three colours and a one.  A place is the flat index of a
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

    def attempt(found, there):
        tried = np.flatnonzero(there & usable.flat[np.where(there, found, 0)])
        differences = _differences(picture, places[tried], found[tried])
        nearer = differences < least[tried]
        best[tried[nearer]] = found[tried[nearer]]
        least[tried[nearer]] = differences[nearer]

    for step in -width, -1, 1, width:  # a patch that lies in the picture has neighbours in it
        theirs = field.flat[places + step]
        attempt(theirs - step, theirs >= 0)
    numbers = _scramble(seed, places)
    span = radius >> ((numbers & 15) % radius.bit_length())
    rows, columns = (
        middle - span + draw % (2 * span + 1)
        for middle, draw in ((best // width, numbers >> 4 & 0x3FFF), (best % width, numbers >> 18))
    )
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    attempt(rows * width + columns, inside)
    mended = field.copy()
    mended.flat[places] = best
    return mended


def vote_exemplars(
    picture: np.ndarray,
    mask: np.ndarray,
    field: np.ndarray,
    *,
    depth: np.ndarray,
    out: np.ndarray,
) -> None:
    """Write the mean of what the patches found about a pixel have there, for those of the mask.

    The weight of a vote is 2^−depth of its place, ``depth`` being (height, width) uint8, at most
    12 (Wexler, Shechtman and Irani 2007, section 3.2: what is near the known is more certain).
    A pixel that no patch reaches stays.  ``out`` is another picture; or the same one, if no patch
    that was found has a pixel of the mask.
    """
    height, width = field.shape
    pixels = np.flatnonzero(mask)
    sums = np.zeros((len(pixels), 4), np.int32)  # the last is of the weights, times one
    padded = np.pad(field, REACH, constant_values=-1)
    padded_depth = np.pad(depth, REACH)
    for down in range(-REACH, REACH + 1):
        for right in range(-REACH, REACH + 1):
            about = pixels // width + REACH + down, pixels % width + REACH + right
            found = padded[about]
            votes = np.flatnonzero(found >= 0)
            weight = 1 << DEEPEST >> padded_depth[about][votes].astype(np.int32)
            source = found[votes] - down * width - right
            sums[votes] += weight[:, None] * picture.reshape(-1, 4)[source]
    voted = sums[:, 3] > 0
    sums = sums[voted]
    out.reshape(-1, 4)[pixels[voted]] = (sums + sums[:, 3:] // 2) // sums[:, 3:]


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
