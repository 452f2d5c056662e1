"""Neighbourhoods: the squares of a photograph that a network sees at 64x64 to paint its holes.

A hole is painted in a square twice as wide as it is.  Where the hole is thin it is painted again in
squares of half the side, and so on down to the photograph's own pixels.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage

from ift6266.exemplars import complete
from ift6266.holes import SIZE
from ift6266.seams import even_out

SEAM = 4  # pixels, of those that the network sees, in which a step at the border is evened out
# Thin is what covers less of a square than the report's hole does.
THIN = 1 / 4


@dataclass(frozen=True)
class Square:
    """Some pixels of a photograph; those beyond its edges are its mirror image."""

    top: int
    left: int
    side: int

    def within(self, height: int, width: int) -> tuple[slice, slice]:
        """Its rows and columns that are in a photograph of this size."""
        return tuple(
            slice(max(start, 0), min(start + self.side, length))
            for start, length in ((self.top, height), (self.left, width))
        )

    def cut(self, array: np.ndarray) -> np.ndarray:
        """Its pixels, (side, side, ...), of a photograph's, (height, width, ...)."""
        within = self.within(*array.shape[:2])
        beyond = [
            (part.start - start, start + self.side - part.stop)
            for start, part in zip((self.top, self.left), within)
        ]
        return np.pad(array[within], beyond + [(0, 0)] * (array.ndim - 2), 'symmetric')

    def of(self, box: tuple[slice, slice]) -> tuple[slice, slice]:
        """Where these rows and columns of the photograph are among its pixels."""
        return tuple(
            slice(part.start - start, part.stop - start)
            for start, part in zip((self.top, self.left), box)
        )


def fill_holes(
    picture: np.ndarray,
    hole: np.ndarray,
    paint: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    centred: bool = False,
    exemplars: bool = True,
    seed: int = 1,
) -> np.ndarray:
    """Fill each connected part of a hole by a painting of its neighbourhood.

    Parameters
    ----------
    picture : (height, width, 3) uint8
    hole : (height, width) bool
    paint : function
        Pixels of a square, (side, side, 3) uint8, and which of them are a hole, (side, side) bool
        → a painting of the hole, and of what is known at its border.
    centred : bool
        Whether what is painted must be in the centre half of the square.
    exemplars : bool
        Whether patches fill the hole, guided by the painting, or the painting itself.
    seed : int
        Of the search for patches.

    Returns
    -------
    array
        (height, width, 3) uint8, the pixels outside of the hole as they were.
    """
    picture, unknown = picture.copy(), hole.copy()
    for box, part in connected_holes(hole):
        square = neighbourhood(box, hole.shape, centred=centred)
        painted = paint(square.cut(picture), square.cut(unknown))
        within = square.within(*hole.shape)
        inside = square.of(within)
        known, unfilled, guide = picture[within], unknown[within], painted[inside]
        if exemplars:
            painted[inside] = complete(known, unfilled, guide, seed=seed)
        else:
            filled = np.where(unfilled[:, :, np.newaxis], guide, known)
            even_out(filled, guide, unfilled, width=SEAM * max(1, square.side // SIZE))
            painted[inside] = filled
        picture[box][part] = painted[square.of(box)][part]
        unknown[box][part] = False
    return picture


def connected_holes(hole: np.ndarray) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
    """The parts of a hole, (height, width) bool, whose pixels touch, if at corners only.

    Yields the rows and columns of each, and which of these pixels are its own.
    """
    labels, _ = ndimage.label(hole, np.ones((3, 3)))
    for label, box in enumerate(ndimage.find_objects(labels), start=1):
        yield box, labels[box] == label


def neighbourhood(box: tuple[slice, slice], shape: tuple[int, int], *, centred: bool) -> Square:
    """The square around the rows and columns of a hole that is twice as wide.

    It has at least 64 pixels a side.  Unless the hole must be in its ``centre``, it is no wider
    than the photograph of this ``shape``, (height, width), is long, and moved into it.
    """
    length = max(part.stop - part.start for part in box)
    side = max(SIZE, 2 * (length + length % 2))  # else a hole in its centre might not be
    if not centred:
        side = min(side, max(shape))
    starts = []
    for part, length in zip(box, shape):
        start = (part.start + part.stop - side) // 2
        if not centred and side <= length:
            start = min(max(start, 0), length - side)
        starts.append(start)
    return Square(*starts, side)


def paint_neighbourhood(
    pixels: np.ndarray,
    hole: np.ndarray,
    paint: Callable[[np.ndarray, np.ndarray], np.ndarray],
    *,
    scales: int | None = None,
) -> np.ndarray:
    """Paint a neighbourhood as a network sees it, enlarged to its pixels.

    Parameters
    ----------
    pixels : (side, side, 3) uint8
        What is in the hole does not matter.
    hole : (side, side) bool
    paint : function
        Pictures, (batch, 3, 64, 64) uint8, and holes, (batch, 64, 64) bool → the pictures painted.
    scales : int, optional
        Of how many halvings of the side thin parts are painted; as many as there are pixels for.

    Returns
    -------
    array
        (side, side, 3) uint8: the hole painted, and the known pixels at the same resolution.
    """
    guide, side = np.zeros(pixels.shape, np.float32), len(hole)
    squares = [Square(0, 0, side)]
    for scale in range(1, scales or (side // SIZE).bit_length()):
        squares += _thin_squares(hole, side >> scale)
    small = [_scaled_down(square.cut(pixels), square.cut(hole)) for square in squares]
    for square, painted in zip(squares, paint(*map(np.stack, zip(*small)))):
        weight = _ramp(square.side) if square.side < side else 1
        part = square.within(side, side)
        enlarged = Image.fromarray(painted.transpose(1, 2, 0)).resize(
            (square.side, square.side), Image.Resampling.BICUBIC
        )
        guide[part] += weight * (np.asarray(enlarged, np.float32) - guide[part])
    return np.rint(guide).astype(np.uint8)


def _thin_squares(hole, side):
    """The squares of this side, each half over the next, of which a hole covers a thin part.

    It reaches their middle half: nearer to its edges a square has less weight than the next one.
    """
    starts, middle = range(0, len(hole) - side + 1, side // 2), slice(side // 4, -(side // 4))
    squares = [Square(top, left, side) for top in starts for left in starts]
    parts = [hole[square.within(*hole.shape)] for square in squares]
    return [
        square
        for square, part in zip(squares, parts)
        if part[middle, middle].any() and part.mean() < THIN
    ]


def _scaled_down(pixels, hole):
    """A square as a network sees it: (3, 64, 64) uint8 and (64, 64) bool.

    Boxes, unlike wider filters, take nothing of what is in the hole into pixels that are known.
    """
    known = Image.fromarray(np.where(hole, np.uint8(0), np.uint8(255)))
    size, box = (SIZE, SIZE), Image.Resampling.BOX
    small = np.asarray(Image.fromarray(pixels).resize(size, box))
    return small.transpose(2, 0, 1), np.asarray(known.resize(size, box)) < 255


def _ramp(side):
    """Weights, (side, side, 1), that fall from 1 in the middle of a square to 0 at its edges."""
    line = 1 - np.abs(np.linspace(-1, 1, side, dtype=np.float32))
    return np.minimum.outer(line, line)[:, :, np.newaxis]
