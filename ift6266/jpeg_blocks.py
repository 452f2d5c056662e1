"""JPEG files with other pixels in a hole, whose other blocks keep their coefficients exactly.

A JPEG file that is decoded and encoded again changes everywhere, if little.  TurboJPEG, the C
library of libjpeg-turbo, gives access to the coefficients of the blocks, 8x8 pixels each, and turns
them without decoding.  Where it is not installed nothing of this can be done.
"""

import ctypes
import io
from collections.abc import Callable
from ctypes import POINTER, byref, c_char_p, c_int, c_short, c_ubyte, c_ulong, c_void_p
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image

NAMES = ('libturbojpeg.so.0', 'libturbojpeg.0.dylib', '/opt/homebrew/lib/libturbojpeg.0.dylib')
GRID = 32  # pixels: no block of any component is wider or higher

# By the numbers of EXIF: how to turn a picture, as turbojpeg.h numbers it.
TURNS = {1: 0, 2: 1, 3: 6, 4: 2, 5: 3, 6: 5, 7: 4, 8: 7}
PERFECT, NO_OUTPUT, PROGRESSIVE, COPY_NONE = 1, 16, 32, 64  # options of a transform
LIMIT_SCANS = 32768  # a flag: refuse files that take for ever


class _Line(NamedTuple):
    """A line of blocks of a component, and the (width, height) in pixels of its blocks."""

    component: int
    number: int
    block: tuple[int, int]


class _Region(ctypes.Structure):
    _fields_ = [(name, c_int) for name in ('x', 'y', 'width', 'height')]


_Filter = ctypes.CFUNCTYPE(c_int, POINTER(c_short), _Region, _Region, c_int, c_int, c_void_p)


class _Transform(ctypes.Structure):
    _fields_ = [
        ('region', _Region),
        ('turn', c_int),
        ('options', c_int),
        ('data', c_void_p),
        ('filter', _Filter),
    ]


@cache
def _library():
    """TurboJPEG, or None where it is not installed."""
    for name in NAMES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.tjInitTransform.restype = c_void_p
        library.tjTransform.argtypes = [
            *(c_void_p, c_char_p, c_ulong, c_int, POINTER(POINTER(c_ubyte)), POINTER(c_ulong)),
            *(POINTER(_Transform), c_int),
        ]
        library.tjDestroy.argtypes = [c_void_p]
        library.tjFree.argtypes = [POINTER(c_ubyte)]
        return library
    return None


def available() -> bool:
    """Whether blocks can be kept here."""
    return _library() is not None


def aligned(box: tuple[int, int, int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box widened to whole blocks of a picture of ``size``, (width, height).

    Boxes are (left, top, right, bottom).
    """
    left, top, right, bottom = box
    return (
        left // GRID * GRID,
        top // GRID * GRID,
        min(-(-right // GRID) * GRID, size[0]),
        min(-(-bottom // GRID) * GRID, size[1]),
    )


def replaced(
    content: bytes, piece: bytes, hole: np.ndarray, *, place: tuple[int, int], orientation: int
) -> bytes | None:
    """A JPEG file, upright, with the blocks that the hole touches from another.

    Parameters
    ----------
    content : bytes
        The file.
    piece : bytes
        A JPEG file of the same tables and sampling, a part of the upright picture.  The new file
        has its metadata.
    hole : (height, width) bool array
        Of the piece.
    place : (left, top)
        Of the piece in the upright picture, multiples of ``GRID``.
    orientation : int
        By which ``content`` is turned upright, as EXIF has it, from 1 to 8.

    Returns
    -------
    bytes or None
        None where that is impossible: the two files do not fit, or the picture has parts of blocks
        at an edge that turning would bring to the left or the top.
    """
    with Image.open(io.BytesIO(content)) as original, Image.open(io.BytesIO(piece)) as part:
        scales = _scales(part)
        if _scales(original, turned=orientation > 4) != scales or _has_rgb(original):
            return None
        progressive = PROGRESSIVE if original.info.get('progressive') else 0
    blocks = {}

    def take(row, line):
        inside = _touched(hole, line)
        if inside.any():
            blocks[line.component, line.number] = inside, row[: len(inside)][inside]

    def put(row, line):
        first, first_line = (edge // size for edge, size in zip(place, line.block))
        inside, values = blocks.get((line.component, line.number - first_line), (None, None))
        if inside is not None:
            row[first : first + len(inside)][inside] = values

    try:
        _transform(piece, take, scales, options=NO_OUTPUT)
        made = _transform(
            content,
            put,
            scales,
            turn=TURNS[orientation],
            options=PERFECT | COPY_NONE | progressive,
        )
    except OSError:
        return None
    if _tables(made) != _tables(piece):
        return None
    return piece[: _end_of_metadata(piece)] + made[_end_of_metadata(made) :]


def _scales(image, turned=False):
    """For each component how many pixels wide and high a sample is, of an opened JPEG file."""
    samplings = [sampling[1:3][:: -1 if turned else 1] for sampling in image.layer]
    most = [max(values) for values in zip(*samplings)]
    return [tuple(m // value for m, value in zip(most, values)) for values in samplings]


def _has_rgb(image):
    """Whether an opened JPEG file has red, green and blue, as hardly any has, and no piece."""
    identities = [layer[0] for layer in image.layer]
    return image.info.get('adobe_transform') == 0 or identities == list(b'RGB')


def _tables(content):
    """The quantization table of each component of a JPEG file."""
    with Image.open(io.BytesIO(content)) as image:
        return [image.quantization.get(layer[3]) for layer in image.layer]


def _touched(hole, line):
    """Which blocks of a line a hole touches, (blocks,) bool."""
    width, height = line.block
    columns = hole[line.number * height : (line.number + 1) * height].any(axis=0)
    return np.add.reduceat(columns, range(0, len(columns), width)) > 0


def _transform(
    content: bytes, use: Callable, scales: list, *, turn: int = 0, options: int
) -> bytes:
    """Give the coefficients of a JPEG file to ``use``; the file that has them then.

    ``use`` is called with those of a line of blocks, (blocks, 64) int16, which it may change, and
    the :class:`_Line`; ``scales`` are those of the components.  Raises OSError where TurboJPEG
    cannot do it.
    """
    library, failure = _library(), []

    def call(coefficients, array, plane, component, _index, _transform):  # noqa: PLR0917
        try:
            if array.y < plane.height:
                row = np.ctypeslib.as_array(coefficients, (array.width // 8, 64))
                block = tuple(8 * pixels for pixels in scales[component])
                use(row, _Line(component, array.y // 8, block))
            return 0
        except Exception as error:  # it would be lost in C
            failure.append(error)
            return -1

    transform = _Transform(_Region(), turn, options, None, _Filter(call))
    output, size = POINTER(c_ubyte)(), c_ulong()
    handle = library.tjInitTransform()
    try:
        status = library.tjTransform(
            handle, content, len(content), 1, byref(output), byref(size), transform, LIMIT_SCANS
        )
        if failure:
            raise failure[0]
        if status != 0:
            raise OSError('TurboJPEG cannot transform it')
        return ctypes.string_at(output, size.value) if output else b''
    finally:
        library.tjFree(output)
        library.tjDestroy(handle)


def _end_of_metadata(content):
    """Where a JPEG file goes on behind its application segments and comments."""
    start = 2
    while 0xE0 <= content[start + 1] <= 0xEF or content[start + 1] == 0xFE:
        start += 2 + int.from_bytes(content[start + 2 : start + 4], 'big')
    return start
