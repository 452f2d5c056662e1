"""From a picture file of any kind to a 64x64 colour picture, or to the reason why there is none."""

import io
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ift6266.data.formats import DAMAGED, why_no_picture, without_metadata
from ift6266.errors import InputError
from ift6266.holes import SIZE

# Pillow reads more, but none of the rest is a photograph and some of it (EPS) starts programs.
FORMATS = ('JPEG', 'PNG', 'BMP', 'GIF', 'JPEG2000', 'PPM', 'TIFF', 'WEBP')
# Limits that no ordinary photograph reaches; decoded, the largest takes 268 MB.  A JPEG with more
# pixels than MAX_PIXELS is decoded at half of its size or less.  Measured at 134 million pixels:
# 263 MB where it is baseline; 525 MB where it is progressive, 918 MB with colours at full size.
MAX_BYTES = 2**27
MAX_PIXELS = 2**26
MAX_JPEG_PIXELS = 2**27
LARGE_PIXELS = 2**22  # decoded, 16 MB
PENDING_BYTES = 2**26
# Pillow first reduces by whole factors, to no less than 3 times the size, and then filters.
REDUCING_GAP = 3

BOOKKEEPING = 'files that macOS and Windows keep beside pictures'
_BOOKKEEPING = re.compile(
    r'(^|/)(__MACOSX/.*|\._[^/]*|\.DS_Store|(eh)?Thumbs\.db|desktop\.ini|\.localized|Icon\r)$', re.I
)

_EXIF_SIZE = ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight
# How a TIFF file holds its pixels, XMP and IPTC data, Photoshop's resources, a colour profile.
_TIFF_TAGS = (
    *(254, 255, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 280, 281, 284, 292, 293, 297),
    *(317, 320, 322, 323, 324, 325, 330, 332, 338, 339, 340, 341, 347, 512, 513, 514, 529, 530),
    *(531, 532, 700, 33723, 34377, 34675),
)

# Only one large picture is decoded at a time, so that memory does not grow with the cores.
_large = threading.Lock()


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture.

    ``pixels`` is (3, 64, 64) uint8; ``remark`` says what was done to an odd picture.
    """

    pixels: numpy.ndarray
    remark: str | None = None


class Refused(Exception):
    """A picture that cannot be used; its text is the reason, the same for all of its kind."""


class TooLittleMemory(Refused):
    """Not the picture is at fault, but the memory."""


def decode(content: bytes) -> Picture:
    """Make a 64x64 colour picture of the content of a file.

    The centre square is scaled down with an antialiasing filter (Lanczos).  Greyscale becomes
    three equal channels, 16 bits are scaled to 8, CMYK becomes RGB, transparency is laid over
    white, and an orientation in the EXIF data is applied.

    Raises :class:`Refused` where the content is not exactly one photograph of at least 64x64
    pixels.  What else it holds, such as damaged metadata, does not matter.
    """
    return decode_by(content, scale)


def decode_by(
    content: bytes, finish: Callable[[Image.Image], object], formats: tuple[str, ...] = FORMATS
):
    """What ``finish`` makes of the opened image in the content of a file.

    ``formats`` are Pillow's names of those that are read.  Raises :class:`Refused`, whatever is
    wrong with the content.
    """
    if len(content) > MAX_BYTES:
        raise Refused(f'file larger than {MAX_BYTES // 10**6} MB')
    failure = None
    for what in (lambda: content, lambda: without_metadata(content)):
        try:
            return _open(what(), finish, formats)
        except (Refused, MemoryError, Image.DecompressionBombError) as error:
            failure = error.with_traceback(None)  # which holds the image
            break
        except Exception as error:  # Pillow's decoders raise anything at all on damaged files
            failure = failure or error.with_traceback(None)
    raise _refused(failure, content, formats)


def _refused(failure, content, formats):
    """The Refused for an error of Pillow's."""
    if isinstance(failure, Refused):
        return failure
    if isinstance(failure, Image.DecompressionBombError):
        return Refused(
            f'more than {MAX_PIXELS // 10**6} million pixels, '
            f'or {MAX_JPEG_PIXELS // 10**6} million in a JPEG'
        )
    if isinstance(failure, MemoryError) or not _pixels_fit(content, formats):
        return TooLittleMemory('too little memory to decode it; free some, or scale it down')
    if isinstance(failure, UnidentifiedImageError):
        return Refused(why_no_picture(content))
    return Refused(DAMAGED)


def _pixels_fit(content, formats):
    """Whether there is memory for the pixels: some decoders raise no MemoryError."""
    try:
        with Image.open(io.BytesIO(content), formats=formats) as image:
            numpy.empty((image.height, image.width, 4), 'uint8')
    except MemoryError:
        return False
    except Exception:  # as above
        pass
    return True


def _open(content, finish, formats):
    with Image.open(io.BytesIO(content), formats=formats) as image:
        pixels = image.width * image.height
        if pixels > (MAX_JPEG_PIXELS if image.format in ('JPEG', 'MPO') else MAX_PIXELS):
            raise Image.DecompressionBombError
        if min(image.size) < SIZE:
            raise Refused(f'smaller than {SIZE}x{SIZE}')
        # An MPO is the photograph of a camera that put its preview behind it.
        if getattr(image, 'is_animated', False) and image.format != 'MPO':
            raise Refused('animated, or of several pages')
        if pixels <= LARGE_PIXELS:
            return finish(image)
        with _large:
            return finish(image)


def scale(image: Image.Image) -> Picture:
    """The centre square of an image at 64x64.

    Raises :class:`Refused` where it is smaller, or where its pixels have no known range.
    """
    if min(image.size) < SIZE:
        raise Refused(f'smaller than {SIZE}x{SIZE}')
    # JPEG decoders scale down by 2, 4 or 8 almost for free.
    image.draft(None, (REDUCING_GAP * SIZE, REDUCING_GAP * SIZE))
    image, remark = eight_bit_colour(image)
    image = upright(image)
    side = min(image.size)
    left, top = ((length - side) / 2 for length in image.size)
    image = image.resize(
        (SIZE, SIZE), Image.Resampling.LANCZOS, (left, top, left + side, top + side), REDUCING_GAP
    )
    pixels = numpy.asarray(on_white(image)).transpose(2, 0, 1)
    return Picture(numpy.ascontiguousarray(pixels), remark)


def whole(original: Image.Image) -> tuple[Image.Image, dict]:
    """The image at full size, RGB and upright, by the rules of `decode`; and ``info`` that fits it.

    That has a colour profile, EXIF data and a resolution, as Pillow's ``icc_profile``, ``exif`` and
    ``dpi``, and ``remarks``, a list of text that says what was done to an odd picture.  Of a JPEG
    file with more than ``MAX_PIXELS`` the image is half as wide and high.  It may be ``original``
    itself: another copy of the largest would take 270 MB.
    """
    remark = halve(original)
    remarks = [remark] if remark else []
    image, remark = eight_bit_colour(original)
    remarks += [remark] if remark else []
    image = on_white(upright(image))
    # A profile of grey or CMYK would not fit the new colours.
    profile = original.info.get('icc_profile')
    fits = 'RGB' in original.mode or original.mode == 'P'
    found = {
        'icc_profile': profile if fits else None,
        'exif': exif_data(original, image.size),
        'dpi': original.info.get('dpi'),
        'remarks': remarks,
    }
    return image, {name: value for name, value in found.items() if value}


def halve(original: Image.Image) -> str | None:
    """Let a JPEG file of more than ``MAX_PIXELS`` be decoded at half of its size, and say so."""
    width, height = original.size
    if width * height > MAX_PIXELS:
        original.draft(None, (width // 2, height // 2))  # an image that is no file stays as it is
    return f'reduced by half from {width} x {height} pixels' if original.width < width else None


def exif_data(image: Image.Image, size: tuple[int, int]) -> bytes | None:
    """The EXIF data of an image that is turned upright and then has ``size``, (width, height).

    They lack what the image was turned by, its preview, and what says where a TIFF file has its
    pixels and other metadata.
    """
    try:
        exif = Image.Exif()
        exif.load(image.getexif().tobytes())  # a copy: the image is turned by the orientation
        for tag in (ExifTags.Base.Orientation, *_TIFF_TAGS):
            exif.pop(tag, None)
        details = exif.get_ifd(ExifTags.IFD.Exif) if ExifTags.IFD.Exif in exif else {}
        for tag, length in zip(_EXIF_SIZE, size):
            if tag in details:
                details[tag] = length
        return exif.tobytes() if len(exif) else None
    except MemoryError:
        raise
    except Exception:  # anything at all, as decoders do
        return None


def upright(image):
    """The image turned by its EXIF data or, where they ask for nothing or are damaged, itself."""
    image.load()  # here, where errors of the pixels are not taken for those of the EXIF data
    try:
        if image.getexif().get(ExifTags.Base.Orientation, 1) == 1:
            return image
        return ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception:  # anything at all, as decoders do
        return image


def on_white(image):
    """RGB of an image of mode L, RGB or RGBA."""
    if image.mode == 'RGBA':
        image = Image.alpha_composite(Image.new('RGBA', image.size, 'white'), image)
    return image if image.mode == 'RGB' else image.convert('RGB')  # that copies


def has_sixteen_bits(image: Image.Image) -> bool:
    """Whether an opened image, not yet decoded, has 16 bits for each channel."""
    # Pillow calls raw pixels RGB;16B and the like, and has no mode of its own for 16-bit PNG.
    return (
        ';16' in image.mode + str(getattr(image, 'tile', ''))  # if of a file
        or image.mode == 'I'
        and image.format in ('PNG', 'PPM')
    )


def eight_bit_colour(image):
    """The opened image in one of the modes L, RGB or RGBA, and a remark on what that took."""
    if image.mode.startswith('I') and has_sixteen_bits(image):
        grey = image.convert('I').point(lambda value: value * (1 / 257) + 0.5).convert('L')
        return grey, '16 bits scaled to 8'
    if image.has_transparency_data:
        return image.convert('RGBA'), 'transparency laid over white'
    if image.mode in ('L', 'RGB'):
        return image, '16 bits scaled to 8' if has_sixteen_bits(image) else None
    if image.mode in ('1', 'P', 'RGBX', 'YCbCr'):
        return image.convert('RGB'), None
    if image.mode == 'CMYK':
        return image.convert('RGB'), 'CMYK converted to RGB'
    if image.mode[0] in 'IF':
        raise Refused('pixels without a known range')
    raise Refused(f'colours of the kind {image.mode}; save it in RGB')


def decode_in_order(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, Picture | Refused]]:
    """Decode many files, given as paths and contents, on every core.

    What becomes of them comes in their order.  Raises :class:`InputError` where memory is too
    little for one of them.  Files are read ahead by no more than
    ``PENDING_BYTES`` and a file.  Pillow's decoders release Python's global lock, so threads
    suffice; each call decodes several small files, since a call costs more than such a file.
    """
    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        pending, pending_bytes = deque(), 0
        for batch, size in _batches(files):
            pending.append((pool.submit(_outcomes, batch), size))
            pending_bytes += size
            while len(pending) > 2 * cores or pending_bytes > PENDING_BYTES:
                outcomes, size = pending.popleft()
                pending_bytes -= size
                yield from outcomes.result()
        for outcomes, _ in pending:
            yield from outcomes.result()


def _batches(files, most_files=16, most_bytes=2**20):
    """Yield lists of consecutive files, and their sizes in bytes."""
    batch, size = [], 0
    for path, content in files:
        batch.append((path, content))
        size += len(content)
        if len(batch) == most_files or size > most_bytes:
            yield batch, size
            batch, size = [], 0
    if batch:
        yield batch, size


def _outcomes(batch):
    outcomes = []
    for path, content in batch:
        try:
            outcomes.append((path, decode(content)))
        except TooLittleMemory as reason:
            raise InputError(f'{path}: {reason}') from None
        except Refused as reason:
            outcomes.append((path, Refused(BOOKKEEPING) if _BOOKKEEPING.search(path) else reason))
    return outcomes
