"""Exemplars: a hole is completed by patches of its surroundings, guided by a painting of it.

Wexler, Shechtman and Irani (2007), *Space-Time Completion of Video*, whose searches are those of
Barnes, Shechtman, Finkelstein and Goldman (2009), *PatchMatch*.
"""

import logging
import math
from dataclasses import dataclass
from functools import cache, cached_property
from types import ModuleType

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_cdt, gaussian_filter, minimum_filter

from ift6266 import patches
from ift6266.errors import InputError
from ift6266.patches import DEEPEST, REACH, SIDE
from ift6266.seams import even_out

# What follows was chosen on 60 photographs of COCO with square holes of 5 and 10 %, by the squared
# difference of features of EfficientNet-Lite0, which was trained on ImageNet.
PIXELS = 64 * 64  # of the hole at the coarsest level, or fewer
BLUR = 4  # pixels, the deviation of what blurs the surroundings as the guide is
COMPARISONS = 1_000_000  # of patches in the first search; more improve nothing
# Of the coarsest level, the next and all others: how often patches are searched for, and how far
# from the last at random, in pixels.
SCHEDULE = (80, 64), (12, 4), (2, 2)

logger = logging.getLogger(__name__)


def complete(
    picture: np.ndarray,
    hole: np.ndarray,
    guide: np.ndarray,
    *,
    source: np.ndarray | None = None,
    seed: int = 1,
) -> np.ndarray:
    """Complete the hole by patches of 7×7 pixels from elsewhere in the picture.

    From coarse to fine, and at each level in turns, the nearest patches of the source are searched
    for those in and about the hole, and the hole becomes their mean.  The coarsest level begins
    with the guide, which it compares with a blurred picture: to a sharp one a blurred painting is
    nearest where that is smooth.  Finer levels begin with the patches found before.  At last the
    step that is left at the border of the hole is spread over some pixels inside.

    A patch lies in the picture whole: a pixel at the edge is in fewer patches than others.

    Parameters
    ----------
    picture : (height, width, 3) uint8
    hole : (height, width) bool
        Of any shape, also at the edges of the picture; or several.
    guide : (height, width, 3) uint8
        A painting of the hole that gives the large shapes; what it has elsewhere is not read.
    source : (height, width) bool, optional
        Where exemplars may be taken from; all that is not the hole unless given.
    seed : int
        Of the random searches.  The same seed gives the same bits, with any number of threads, and
        without the kernels of :mod:`ift6266.backends.cpu`.

    Returns
    -------
    (height, width, 3) uint8
        The picture, completed.  Where there is no whole patch in the source, the hole is as the
        guide has it, and the log says so.

    Raises
    ------
    InputError
        Where an array has another shape or type, and where the hole is empty.
    """
    _check(picture, hole=hole, guide=guide, source=source)
    hole = np.ascontiguousarray(hole)  # what kernels take
    filled = np.ascontiguousarray(np.where(hole[..., None], guide, picture))
    known = np.ascontiguousarray(~hole if source is None else source & ~hole)
    levels = _levels(filled, hole, known)
    if not levels:
        logger.warning('there is no patch of 7x7 pixels to take from: the guide fills the hole')
        return filled
    operations, field = _operations(), None
    for number, level in enumerate(reversed(levels)):
        field = _first_field(level, operations) if field is None else _finer_field(field, level)
        _vote(level, field, operations)
        iterations, radius = SCHEDULE[min(number, len(SCHEDULE) - 1)]
        for iteration in range(iterations):
            turn = (seed + 1000 * number + iteration) % 2**32
            field = operations.mend_exemplars(
                level.picture, level.usable, field, radius=radius, seed=turn
            )
            _vote(level, field, operations)
    completed = np.where(hole[..., None], level.picture[..., :3], picture)
    border, voted = binary_dilation(level.hole) & ~level.hole, level.picture.copy()
    operations.vote_exemplars(level.picture, border, field, depth=level.depth, out=voted)
    even_out(completed, voted[..., :3], level.hole, width=DEEPEST)
    return completed


@dataclass(frozen=True, eq=False)
class _Level:
    """The picture at one of the scales; all are (height, width).

    Parameters
    ----------
    picture : (height, width, 4) uint8
        As :mod:`ift6266.patches` has it; the hole changes.
    hole, source : bool
    usable, wanted : bool
        The places whose patches lie in the source, and those whose patches reach into the hole.
    depth : uint8
        How far a place is in the hole, in pixels, at most 12.
    """

    picture: np.ndarray
    hole: np.ndarray
    source: np.ndarray

    @cached_property
    def usable(self):
        return ~_about(~self.source) & self._inside

    @cached_property
    def wanted(self):
        return _about(self.hole) & self._inside

    @cached_property
    def depth(self):
        return np.minimum(distance_transform_cdt(self.hole), DEEPEST).astype(np.uint8)

    @property
    def _inside(self):
        inside = np.zeros(self.hole.shape, bool)
        inside[REACH:-REACH, REACH:-REACH] = True
        return inside

    def halved(self):
        """This level at half the scale, each pixel from four, or at odd edges from two."""
        corners = _quarters(self.picture)
        mean = (sum(corner.astype(np.uint16) for corner in corners) + 2) // 4
        return _Level(
            mean.astype(np.uint8),
            np.logical_or.reduce(_quarters(self.hole)),
            np.logical_and.reduce(_quarters(self.source)),
        )


def _levels(picture, hole, source):
    """From the finest to the coarsest level; none where no patch can be taken from the finest."""
    level = _Level(np.pad(picture, [(0, 0), (0, 0), (0, 1)], constant_values=1), hole, source)
    levels = []
    while level.usable.any():
        levels.append(level)
        surrounded = minimum_filter(level.hole, SIDE, mode='constant')  # by nothing that is known
        if np.count_nonzero(level.hole) <= PIXELS or not surrounded.any():
            break
        level = level.halved()
    return levels


def _first_field(level, operations):
    """For each place of the coarsest level the nearest of some patches of the source."""
    field = np.where(level.wanted, 0, -1).astype(np.int32)
    candidates = np.flatnonzero(level.usable).astype(np.int32)
    step = math.ceil(len(candidates) * np.count_nonzero(level.wanted) / COMPARISONS)
    blurred = gaussian_filter(level.picture.astype(np.float32), (BLUR, BLUR, 0))
    blurred = np.where(level.hole[..., None], level.picture, np.rint(blurred).astype(np.uint8))
    operations.search_exemplars(blurred, candidates[::step].copy(), field)
    return field


def _finer_field(field, level):
    """The field of the coarser level, carried to this one: what is found lies twice as far away."""
    height, width = field.shape
    places = np.flatnonzero(level.wanted)
    rows, columns = np.divmod(places, level.hole.shape[1])
    # At edges the coarser patch that lies in its picture is not the one about the same pixel.
    above = np.clip(rows // 2, REACH, height - REACH - 1)
    left = np.clip(columns // 2, REACH, width - REACH - 1)
    found_rows, found_columns = np.divmod(field[above, left], width)
    finer = np.full(level.hole.shape, -1, np.int32)
    finer.flat[places] = (rows + 2 * (found_rows - above)) * level.hole.shape[1] + (
        columns + 2 * (found_columns - left)
    )
    return finer


def _vote(level, field, operations):
    """Paint the hole of the level by what was found."""
    operations.vote_exemplars(
        level.picture, level.hole, field, depth=level.depth, out=level.picture
    )


def _about(mask):
    """(height, width) bool: the places whose patches have a pixel of the mask."""
    for _ in range(2):
        wider = mask.copy()
        for step in range(1, REACH + 1):
            wider[step:] |= mask[:-step]
            wider[:-step] |= mask[step:]
        mask = wider.T
    return np.ascontiguousarray(mask)


def _quarters(array):
    """Four arrays: the upper left, upper right ... of each 2×2; the last row and column repeat."""
    odd = [(0, length % 2) for length in array.shape[:2]]
    even = np.pad(array, odd + [(0, 0)] * (array.ndim - 2), mode='edge')
    return [even[down::2, right::2] for down in (0, 1) for right in (0, 1)]


def _check(picture, *, hole, guide, source):
    """Raise InputError where an array is not what :func:`complete` takes."""
    size = picture.shape[:2]
    for name, array, shape, kind in (
        ('picture', picture, (*size, 3), np.uint8),
        ('guide', guide, (*size, 3), np.uint8),
        ('hole', hole, size, np.bool_),
        ('source', source, size, np.bool_),
    ):
        if array is not None and (array.shape != shape or array.dtype != kind):
            raise InputError(
                f'the {name} is {array.dtype} of the shape {array.shape}; '
                f'give {np.dtype(kind)} of the shape {shape}'
            )
    if not hole.any():
        raise InputError('the hole is empty; give one with a pixel or more')


@cache
def _operations() -> ModuleType:
    """The kernels, or where these cannot run what does the same in NumPy."""
    # Theano takes two seconds to import.
    from ift6266.backends.cpu import bindings, library

    try:
        library.load()
    except library.Unavailable as reason:
        logger.info('exemplars are searched for by NumPy, which takes longer: %s', reason)
        return patches
    return bindings
