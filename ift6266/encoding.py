"""Painted photographs as files: in the format, the colours and the quality that theirs had."""

import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, JpegImagePlugin

from ift6266.data.pictures import exif_data, upright
from ift6266.holes import bounding_box

# What files of a format, by Pillow's name of it, can hold beside colours of 8 bits.
GREY = {'JPEG', 'PNG', 'TIFF', 'BMP', 'GIF', 'JPEG2000', 'PPM'}
DEEP_GREY = {'PNG', 'TIFF', 'JPEG2000', 'PPM'}
TRANSPARENCY = {'PNG', 'TIFF', 'WEBP', 'JPEG2000', 'AVIF', 'HEIF'}
TRANSPARENT_GREY = {'PNG', 'TIFF', 'JPEG2000'}
METADATA = {'JPEG', 'PNG', 'TIFF', 'WEBP', 'AVIF', 'HEIF'}  # EXIF data, colour profiles
RESOLUTION = {'JPEG', 'PNG', 'TIFF', 'BMP'}
COMMENT = {'JPEG', 'GIF', 'JPEG2000'}
XMP_OF_PNG = 'XML:com.adobe.xmp'

QUALITY = 90  # of lossy files that were not JPEG, whose quality no file states
LOSSLESS_TIFF = ('raw', 'packbits', 'tiff_lzw', 'tiff_adobe_deflate')
# What Pillow's writers raise, of sizes and of metadata that are damaged.
ERRORS = (OSError, ValueError, RuntimeError, ArithmeticError, struct.error)
LONGEST_EXIF = 65533  # bytes, in a JPEG file


@dataclass(frozen=True)
class Source:
    """What the file of a photograph has beside pixels, and how it has these.

    ``format`` and ``mode`` are Pillow's names, and ``info`` is what Pillow found.  ``orientation``
    is from 1 to 8 as EXIF has it; ``exif`` are EXIF data that fit the upright picture.  ``tables``,
    of quantization, and ``sampling`` are those of a JPEG file, ``several`` tells one with further
    pictures, ``lossless`` WebP without loss, and ``bare`` JPEG 2000 without its container.
    """

    format: str
    mode: str
    info: dict
    transparent: bool
    sixteen_bits: bool
    orientation: int
    exif: bytes | None
    tables: list | None = None
    sampling: int = 0
    several: bool = False
    lossless: bool = False
    bare: bool = False

    @property
    def grey(self) -> bool:
        """Whether there are no colours."""
        return self.mode in ('1', 'L', 'LA', 'La') or self.deep_grey

    @property
    def deep_grey(self) -> bool:
        """Whether it is grey with 16 bits, which Pillow keeps, as it does not those of colours."""
        return self.sixteen_bits and self.mode.startswith('I')

    @property
    def compression(self) -> str:
        """That of a TIFF file, where a photograph can have it, or another without loss."""
        with_details = Image.Exif()
        with_details.load(self.exif or b'')
        if any(tag in with_details for tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)):
            return 'raw'  # Pillow cannot compress a TIFF file that has those
        compression = self.info.get('compression')
        return compression if compression in LOSSLESS_TIFF else 'tiff_adobe_deflate'


def source_of(
    original: Image.Image, content: bytes, *, sixteen_bits: bool, size: tuple[int, int]
) -> Source:
    """What there is to know of the decoded image of a file.

    ``sixteen_bits`` tells what cannot be known after decoding; ``size``, (width, height), is that
    of the upright picture.
    """
    # An MPO is a JPEG with others behind it.
    jpeg = original.format in ('JPEG', 'MPO')
    return Source(
        format='JPEG' if jpeg else original.format,
        mode=original.mode,
        info=original.info,
        transparent=original.has_transparency_data,
        sixteen_bits=sixteen_bits,
        orientation=_orientation(original),
        exif=exif_data(original, size),
        tables=list(original.quantization.values()) if jpeg else None,
        sampling=JpegImagePlugin.get_sampling(original) if jpeg else 0,
        several=original.format == 'MPO',
        lossless=original.format == 'WEBP' and _is_lossless_webp(content),
        bare=content.startswith(b'\xff\x4f'),
    )


def kept_mode(source: Source, format: str) -> str:
    """Pillow's name for the colours, and what goes with them, that are kept in a format."""
    if source.deep_grey and format in DEEP_GREY:
        return 'I;16'
    if format == 'GIF' and source.mode == 'P':
        return 'P'
    if source.transparent and format in TRANSPARENCY:
        return 'LA' if source.grey and format in TRANSPARENT_GREY else 'RGBA'
    return 'L' if source.grey and format in GREY else 'RGB'


def losses(source: Source, format: str) -> list[str]:
    """What a photograph loses in a file of a format, a line each."""
    mode, info = kept_mode(source, format), source.info
    lines = []
    if source.sixteen_bits and mode != 'I;16':
        lines.append('16 bits scaled to 8')
    if info.get('bit_depth', 8) > 8:  # of HEIC
        lines.append(f'{info["bit_depth"]} bits scaled to 8')
    if source.transparent and mode in ('L', 'RGB', 'I;16'):
        lines.append('transparency laid over white')
    if source.mode == 'CMYK':
        lines.append('CMYK converted to RGB')
    if mode == 'P':
        lines.append('the painted pixels have the colours of its palette')
    kept = metadata(source, format)
    dropped = {
        'colour profile': info.get('icc_profile') and 'icc_profile' not in kept,
        'EXIF data': source.exif and 'exif' not in kept,
        'XMP data': 'xmp' in info or XMP_OF_PNG in info,
        'IPTC data': 'photoshop' in info,
        'compression': format == source.format == 'TIFF'
        and source.compression != info.get('compression'),
        'comment': info.get('comment') and 'comment' not in kept,
        'texts': source.format == 'PNG'
        and any(isinstance(info[name], str) for name in info if name != XMP_OF_PNG),
        'further pictures in the file': source.several,
    }
    if any(dropped.values()):
        lines.append(f'not kept: {", ".join(name for name in dropped if dropped[name])}')
    return lines


def metadata(source: Source, format: str) -> dict:
    """What is kept beside the pixels in a file of a format, as Pillow's writers take it."""
    found, info = {}, source.info
    if format in METADATA:
        same_colours = source.grey == (kept_mode(source, format) in ('L', 'LA', 'I;16'))
        if same_colours and source.mode not in ('CMYK', 'LAB'):
            found['icc_profile'] = info.get('icc_profile')
        if format != 'JPEG' or len(source.exif or b'') <= LONGEST_EXIF:
            found['exif'] = source.exif
    # Pillow's is 1 where a TIFF file has none.
    if format in RESOLUTION and all(1 < value < 2**16 for value in info.get('dpi', (1, 1))):
        found['dpi'] = info['dpi']
    if format in COMMENT:
        found['comment'] = info.get('comment')
    return {name: value for name, value in found.items() if value}


def quality_options(source: Source, format: str, *, quality: int | None) -> dict:
    """What Pillow's writer of a format is told on quality: that of the file, unless given.

    ``quality`` is from 1 to 100, for formats that lose something.
    """
    same = format == source.format
    if format == 'JPEG':
        options = {'progressive': bool(source.info.get('progressive'))}
        if quality is not None or not same:
            return options | {'quality': quality or QUALITY}
        tables = source.tables
        if source.orientation > 4:
            tables = [np.reshape(table, (8, 8)).T.ravel().tolist() for table in tables]
        # -1 is a sampling that Pillow does not write.
        return options | {'qtables': tables, 'subsampling': max(source.sampling, 0)}
    if format == 'PNG':
        # At this level it takes a sixth of the time, and the file is little larger.
        return {'compress_level': 1}
    if format == 'WEBP':
        lossless = quality is None and source.lossless
        return {'lossless': lossless, 'exact': True, 'quality': quality or QUALITY}
    if format == 'TIFF':
        return {'compression': source.compression}
    if format == 'JPEG2000':
        return {'no_jp2': source.bare}
    return {'quality': quality or QUALITY} if format in ('AVIF', 'HEIF') else {}


def canvas(original: Image.Image, mode: str) -> Image.Image:
    """An opened image in a mode of :func:`kept_mode` other than L and RGB, upright."""
    image = upright(original)
    if mode == 'I;16' and image.mode != mode:
        return Image.fromarray(np.asarray(image.convert('I')).astype(np.uint16))
    if image.mode != mode:
        return image.convert(mode)
    # A copy of the largest takes 270 MB; but Pillow would write tags of the TIFF file itself.
    return image.copy() if original.format == 'TIFF' else image


def paint(canvas: Image.Image, painted: Image.Image, hole: np.ndarray) -> None:
    """Put the pixels of ``painted``, RGB, into the hole of a canvas of any mode, as it has them.

    Transparency stays as it is.
    """
    if not hole.any():
        return
    box = bounding_box(hole)
    inside = hole[box[1] : box[3], box[0] : box[2]]
    part, region = painted.crop(box), canvas.crop(box)
    colours = np.asarray(part if 'RGB' in canvas.mode or canvas.mode == 'P' else part.convert('L'))
    pixels = np.array(region)
    if canvas.mode == 'P':
        pixels[inside] = _nearest_in_palette(canvas, colours[inside])
    elif canvas.mode == 'I;16':
        pixels[inside] = colours[inside] * np.uint16(257)
    elif canvas.mode == 'LA':
        pixels[inside, 0] = colours[inside]
    elif canvas.mode == 'RGBA':
        pixels[inside, :3] = colours[inside]
    else:
        pixels[inside] = colours[inside]
    canvas.paste(Image.frombytes(canvas.mode, region.size, pixels.tobytes()), box)


def save(image: Image.Image, format: str, **options) -> bytes:
    """The content of a file of an image."""
    # Writers take what is no option from here, as a colour profile that does not fit any more.
    kept = ('transparency', 'background') if image.mode == 'P' else ()
    image.info = {name: image.info[name] for name in kept if name in image.info}
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def _orientation(original):
    try:
        number = original.getexif().get(ExifTags.Base.Orientation, 1)
    except MemoryError:
        raise
    except Exception:  # anything at all, as decoders do
        return 1
    return number if number in range(1, 9) else 1


def _is_lossless_webp(content):
    start = 12
    while start + 8 <= len(content):
        kind, length = struct.unpack_from('<4sI', content, start)
        if kind in (b'VP8L', b'VP8 '):
            return kind == b'VP8L'
        start += 8 + length + length % 2
    return False


def _nearest_in_palette(image, colours):
    """Indices into the palette of an image that are next to colours, (number, 3), and opaque."""
    palette = np.array(image.getpalette('RGB')).reshape(-1, 3)
    best, least = np.zeros(len(colours), np.uint8), np.full(len(colours), np.inf)
    for index, colour in enumerate(palette):
        distance = ((colours - colour) ** 2).sum(axis=1)
        nearer = (distance < least) & (index != image.info.get('transparency'))
        best[nearer], least[nearer] = index, distance[nearer]
    return best
