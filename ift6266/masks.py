"""Masks: holes in photographs, as picture files that are white where something is to be painted."""

import logging
from pathlib import Path

import numpy as np
from PIL import Image

from ift6266.data.archives import read_bounded
from ift6266.data.pictures import Refused, decode_by, eight_bit_colour, halve, upright
from ift6266.errors import InputError
from ift6266.files import reading
from ift6266.photographs import SUFFIXES

logger = logging.getLogger(__name__)

MARK = '_mask'  # ends the name of a mask, after that of its photograph


def read_mask(path: str | Path, size: tuple[int, int], *, invert: bool = False) -> np.ndarray:
    """Read the hole of a photograph of ``size``, (width, height), from a picture file.

    White is painted, and grey above half; with ``invert`` the rest is.  Of a picture that is
    transparent somewhere its opacity stands for white, as in a layer that was painted over a
    photograph.  One of another size is scaled where it has the same aspect, which is logged.

    Returns
    -------
    (height, width) bool array

    Raises
    ------
    InputError
        Which names ``path``, where it is no such picture, where it has another shape, and where
        the hole would be empty or cover everything.
    """
    try:
        with reading(path), open(path, 'rb') as file:
            content = read_bounded(file)
        mask = decode_by(content, _levels)
    except Refused as reason:
        raise InputError(f'{path}: {reason}') from None
    if mask.size != tuple(size):
        if not _same_aspect(mask.size, size):
            raise InputError(
                f'{path}: has another shape, {mask.width} x {mask.height} pixels, than the '
                f'photograph, {size[0]} x {size[1]}'
            )
        logger.info(
            '%s: scaled from %d x %d to %d x %d pixels', path, mask.width, mask.height, *size
        )
        mask = mask.resize(size, Image.Resampling.BILINEAR)
    hole = (np.asarray(mask) > 127) != invert
    colour, other = ('black', 'white') if invert else ('white', 'black')
    if not hole.any():
        raise InputError(f'{path}: nothing in it is {colour}, so nothing would be painted')
    if hole.all():
        raise InputError(f'{path}: nothing in it is {other}, so nothing of the photograph is left')
    return hole


def find_mask(photo: Path, folders: list[Path]) -> Path:
    """The mask of the photograph ``NAME.*``: ``NAME_mask.*`` in the first folder that has one.

    Raises :class:`InputError` where there is none, or where a folder has several.
    """
    for folder in folders:
        names = (photo.stem + MARK + suffix for suffix in SUFFIXES)
        paths = [folder / name for name in names if (folder / name).is_file()]
        found = list({path.stat().st_ino: path for path in paths}.values())  # on macOS a is A
        if len(found) > 1:
            raise InputError(f'{photo}: has several masks: {found[0]}, {found[1]}; keep one')
        if found:
            return found[0]
    places = ' and '.join(dict.fromkeys(map(str, folders)))
    raise InputError(f'{photo}: has no mask: there is no {photo.stem}{MARK}.png in {places}')


def without_masks(paths: list[Path]) -> list[Path]:
    """The paths but those that are masks of others beside them."""
    photographs = {path.parent / path.stem for path in paths}
    return [
        path
        for path in paths
        if not path.stem.endswith(MARK)
        or path.parent / path.stem.removesuffix(MARK) not in photographs
    ]


def _levels(original):
    """The opened picture as a mask, of mode L: 255 where it is painted."""
    halve(original)
    image, _ = eight_bit_colour(original)
    image = upright(image)
    if image.mode == 'RGBA':
        alpha = image.getchannel('A')
        return alpha if alpha.getextrema()[0] < 255 else image.convert('L')
    return image.convert('L')


def _same_aspect(size, other):
    """Whether one size is the other scaled, but for what rounding to pixels makes of it."""
    (width, height), (other_width, other_height) = size, other
    return (
        abs(width * other_height / other_width - height) <= 1
        or abs(height * other_width / other_height - width) <= 1
    )
