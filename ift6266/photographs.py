"""Photographs of any size: read, blanked in the middle, painted there at full size."""

import logging
import warnings
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.ImageOps import contain

from ift6266.data.archives import read_bounded
from ift6266.data.pictures import Refused, decode_whole, scale
from ift6266.errors import InputError
from ift6266.holes import CENTRE_SIZE, SIZE

logger = logging.getLogger(__name__)


def read_photograph(path: str | Path) -> Image.Image:
    """Read a photograph by the rules of :func:`ift6266.data.pictures.decode_whole`.

    The result is RGB and upright; what was done to an odd photograph is logged.  Raises
    :class:`InputError`, which names ``path``, where the photograph cannot be used.
    """
    try:
        with open(path, 'rb') as file:
            content = read_bounded(file)
        with warnings.catch_warnings():
            warnings.filterwarnings('ignore', module='PIL')  # oddities that do not matter here
            image = decode_whole(content)
    except Refused as reason:
        raise InputError(f'{path}: {reason}') from None
    except OSError as error:
        raise InputError(f'{path}: {error.strerror}') from None
    for remark in image.info.pop('remarks', ()):
        logger.info('%s: %s', path, remark)
    return image


def centre_square(image: Image.Image) -> np.ndarray:
    """The centre square of a photograph as a network sees it, (3, 64, 64) uint8.

    Raises :class:`InputError` where it is smaller than 64x64, or has pixels without a known range.
    """
    try:
        return scale(image).pixels
    except Refused as reason:
        raise InputError(f'the photograph: {reason}') from None


def hole_box(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where the hole of a photograph of ``size`` (width, height) is.

    It is the middle of the photograph, half as wide and high as its centre square.  Returns
    (left, top, right, bottom) as Pillow has them.
    """
    side = min(size) * CENTRE_SIZE // SIZE
    left, top = ((length - side) // 2 for length in size)
    return left, top, left + side, top + side


def paste_hole(image: Image.Image, small: np.ndarray) -> Image.Image:
    """The photograph with the hole of its painted centre square at full size.

    ``small``, (3, 64, 64) uint8, is what :func:`centre_square` gives, painted.  Other pixels than
    those in the :func:`hole_box` stay as they are.
    """
    image, box = image.copy(), hole_box(image.size)
    # The same box in the small picture, which lies over the photograph centre on centre.
    # Scaling up reads beyond it: that joins the painted pixels to those around them.
    factor = SIZE / min(image.size)
    small_box = [
        SIZE / 2 + factor * (edge - length / 2) for edge, length in zip(box, image.size * 2)
    ]
    size = box[2] - box[0], box[3] - box[1]
    painted = Image.fromarray(small.transpose(1, 2, 0))
    image.paste(painted.resize(size, Image.Resampling.BICUBIC, small_box), box)
    return image


def side_by_side(
    original: Image.Image, painted: Image.Image, *, longest_side: int = 1024, gap: int = 8
) -> Image.Image:
    """One image of three: the photograph with its hole, painted, and as it was.

    Larger photographs are scaled down to ``longest_side`` pixels; ``gap`` pixels of white lie
    between them.
    """
    small, painted = (
        image
        if max(image.size) <= longest_side
        else contain(image, (longest_side, longest_side), Image.Resampling.LANCZOS)
        for image in (original, painted)
    )
    blanked = small.copy()
    blanked.paste('black', hole_box(blanked.size))
    width, height = small.size
    row = Image.new('RGB', (3 * width + 2 * gap, height), 'white')
    row.info = original.info
    for position, image in enumerate((blanked, painted, small)):
        row.paste(image, (position * (width + gap), 0))
    return row
