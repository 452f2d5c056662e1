"""Photographs of any size: read, painted in a hole at full size, and written as they were."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, features
from PIL.ImageOps import contain

from ift6266 import encoding, jpeg_blocks
from ift6266.data.archives import read_bounded
from ift6266.data.formats import why_no_picture
from ift6266.data.pictures import FORMATS, Refused, decode_by, halve, has_sixteen_bits, scale, whole
from ift6266.errors import InputError
from ift6266.holes import CENTRE_SIZE, SIZE, bounding_box

# Formats of phones, by the names that people know, and by Pillow's.
PHONES = {'AVIF': 'AVIF', 'HEIC': 'HEIF'}
# How the names of photographs in a folder end, in small letters or capitals.
SUFFIXES = tuple(
    made
    for suffix in (
        *('.jpg', '.jpeg', '.jpe', '.png', '.webp', '.tif', '.tiff', '.heic', '.heif', '.avif'),
        *('.bmp', '.gif', '.jp2', '.j2k', '.ppm', '.pgm', '.pnm'),
    )
    for made in (suffix, suffix.upper())
)
INSTALL = {
    'AVIF': 'AVIF takes Pillow 11.3 or later; install it by: .venv/bin/pip install -U pillow',
    'HEIF': 'HEIC takes the package pillow-heif; install it by: .venv/bin/pip install pillow-heif',
}


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph as its file has it.

    ``image`` is RGB and upright; its ``info`` has a colour profile that fits, EXIF data and a
    resolution, as Pillow's ``icc_profile``, ``exif`` and ``dpi``.  ``content`` is the file.
    """

    image: Image.Image
    content: bytes = field(repr=False)
    source: encoding.Source = field(repr=False)
    reduced: str | None = None

    @property
    def format(self) -> str:
        """Pillow's name of the file's format."""
        return self.source.format

    @property
    def remarks(self) -> list[str]:
        """What was done to an odd photograph, and what a file of its format cannot keep of it."""
        return self.losses(self.format)

    def losses(self, format: str) -> list[str]:
        """The ``remarks`` for a file of another format, by Pillow's name; a line each."""
        reduced = [self.reduced] if self.reduced else []
        return reduced + encoding.losses(self.source, format)

    def encode(
        self,
        painted: Image.Image,
        hole: np.ndarray,
        *,
        format: str | None = None,
        quality: int | None = None,
    ) -> bytes:
        """The content of a file with other pixels in the hole, and all else as it was.

        Pixels outside of the hole stay exactly what they are in formats without loss.  A JPEG file
        has its own quantization tables and its own sampling of colours; where
        :mod:`~ift6266.jpeg_blocks` can do it, blocks that the hole does not touch stay what they
        are, and else all are encoded again.

        Parameters
        ----------
        painted : :class:`PIL.Image.Image`
            RGB, of the size of ``image``.
        hole : (height, width) bool array
        format : str, optional
            Pillow's name of another format.
        quality : int, optional
            From 1 to 100, for JPEG, WebP, AVIF and HEIF; that of the file unless given, where it
            can be known, else 90.

        Raises
        ------
        InputError
            Where the sizes differ, and where the format cannot be written, or cannot hold so large
            a photograph.
        """
        format = format or self.format
        check_writable(format)
        if painted.size != self.image.size or hole.shape != self.image.size[::-1]:
            raise InputError(
                f'the photograph has {self.image.size} pixels, the painting {painted.size}, '
                f'and the hole {hole.shape[::-1]}'
            )
        try:
            return self._encoded(painted, hole, format=format, quality=quality)
        except (*encoding.ERRORS, Refused) as error:
            raise InputError(f'the photograph cannot be written as {format}: {error}') from None

    def _encoded(self, painted, hole, *, format, quality):
        mode = encoding.kept_mode(self.source, format)
        options = encoding.metadata(self.source, format)
        options |= encoding.quality_options(self.source, format, quality=quality)
        if 'qtables' in options and hole.any() and jpeg_blocks.available():
            content = self._with_blocks(painted, hole, options)
            if content is not None:
                return content
        canvas = self._canvas(mode)
        encoding.paint(canvas, painted, hole)
        return encoding.save(canvas, format, **options)

    def _canvas(self, mode):
        """The upright photograph in a mode of :func:`~ift6266.encoding.kept_mode`, a copy."""
        if mode == 'RGB':
            return self.image.copy()
        if mode == 'L':
            return self.image.getchannel('R')  # all three are equal
        return decode_by(
            self.content,
            lambda original: encoding.canvas(original, mode),
            _formats_of(self.content),
        )

    def _with_blocks(self, painted, hole, options):
        """The JPEG file with other blocks in the hole; None where that cannot be."""
        if self.reduced:
            return None
        box = jpeg_blocks.aligned(bounding_box(hole), self.image.size)
        part = hole[box[1] : box[3], box[0] : box[2]]
        canvas = self.image.crop(box)
        encoding.paint(canvas, painted.crop(box), part)
        piece = encoding.save(
            canvas.convert('L') if self.source.grey else canvas, 'JPEG', **options
        )
        return jpeg_blocks.replaced(
            self.content, piece, part, place=box[:2], orientation=self.source.orientation
        )


def read_photograph(path: str | Path) -> Photograph:
    """Read a photograph by the rules of :func:`ift6266.data.pictures.decode`, at full size.

    Raises :class:`InputError`, which names ``path``, where it cannot be used.
    """
    try:
        with open(path, 'rb') as file:
            return decode_photograph(read_bounded(file))
    except Refused as reason:
        raise InputError(f'{path}: {reason}') from None
    except OSError as error:
        raise InputError(f'{path}: {error.strerror}') from None


def decode_photograph(content: bytes) -> Photograph:
    """The photograph in the content of a file, as :func:`read_photograph` reads it.

    Raises :class:`Refused`.
    """

    def finish(original):
        sixteen_bits = has_sixteen_bits(original)
        reduced = halve(original)
        original.load()  # here, where errors of the pixels are not taken for those of metadata
        image, info = whole(original)
        source = encoding.source_of(original, content, sixteen_bits=sixteen_bits, size=image.size)
        image.info = {name: info[name] for name in info if name != 'remarks'}
        return Photograph(image, content, source, reduced)

    return decode_by(content, finish, _formats_of(content))


def check_writable(format: str) -> None:
    """Raise :class:`InputError`, which says what to install, where a format cannot be written.

    ``format`` is Pillow's name.
    """
    if format in INSTALL and not _has_plugin(format):
        raise InputError(INSTALL[format])


def _formats_of(content):
    """Pillow's names of the formats that a content may have; Refused where a plug-in is missing."""
    format = PHONES.get(why_no_picture(content).partition(' ')[0])
    if format is None:
        return FORMATS
    if not _has_plugin(format):
        raise Refused(INSTALL[format])
    return (format,)


def _has_plugin(format):
    if format == 'AVIF':
        return 'avif' in features.modules and features.check_module('avif')
    try:
        import pillow_heif  # noqa: PLC0415  few have it, and few files need it
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def centre_square(image: Image.Image) -> np.ndarray:
    """The centre square of a photograph as a network sees it, (3, 64, 64) uint8.

    Raises :class:`InputError` where it is smaller than 64x64, or has pixels without a known range.
    """
    try:
        return scale(image).pixels
    except Refused as reason:
        raise InputError(f'the photograph: {reason}') from None


def box_hole(box: tuple[int, int, int, int], size: tuple[int, int]) -> np.ndarray:
    """The hole, (height, width) bool, that is a box in a photograph of ``size`` (width, height).

    ``box`` is (left, top, right, bottom).
    """
    left, top, right, bottom = box
    hole = np.zeros(size[::-1], bool)
    hole[top:bottom, left:right] = True
    return hole


def hole_box(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where the hole of a photograph of ``size`` (width, height) is.

    It is the middle of the photograph, half as wide and high as its centre square.  Returns
    (left, top, right, bottom) as Pillow has them.
    """
    side = min(size) * CENTRE_SIZE // SIZE
    left, top = ((length - side) // 2 for length in size)
    return left, top, left + side, top + side


def side_by_side(
    original: Image.Image,
    painted: Image.Image,
    hole: np.ndarray,
    *,
    longest_side: int = 1024,
    gap: int = 8,
) -> Image.Image:
    """One image of three: the photograph with its hole, (height, width) bool, painted, as it was.

    Larger photographs are scaled down to ``longest_side`` pixels; ``gap`` pixels of white lie
    between them.
    """
    small, painted, mask = (
        image
        if max(image.size) <= longest_side
        else contain(image, (longest_side, longest_side), Image.Resampling.LANCZOS)
        for image in (original, painted, Image.fromarray(hole.view(np.uint8) * np.uint8(255)))
    )
    blanked = small.copy()
    blanked.paste('black', mask=mask)
    width, height = small.size
    row = Image.new('RGB', (3 * width + 2 * gap, height), 'white')
    for position, image in enumerate((blanked, painted, small)):
        row.paste(image, (position * (width + gap), 0))
    return row
