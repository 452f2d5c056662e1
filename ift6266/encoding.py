"""Painted photographs as files: in the format, the colours and the quality that theirs had."""

import io
import struct

import numpy as np
from PIL import ExifTags, Image, JpegImagePlugin

from ift6266.data.pictures import exif_data, has_deep_grey, has_sixteen_bits, upright

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
LONGEST_EXIF = 65533  # bytes, in a JPEG file


def format_of(original: Image.Image) -> str:
    """Pillow's name of the format of an opened image."""
    # An MPO is a JPEG with others behind it.
    return 'JPEG' if original.format == 'MPO' else original.format


def orientation(original: Image.Image) -> int:
    """By which an opened image is turned upright, from 1 to 8 as EXIF has it."""
    number = _exif(original).get(ExifTags.Base.Orientation, 1)
    return number if number in range(1, 9) else 1


def kept_mode(original: Image.Image, format: str) -> str:
    """Pillow's name for the colours, and what goes with them, that an image keeps in a format."""
    if has_deep_grey(original) and format in DEEP_GREY:
        return 'I;16'
    if format == 'GIF' and original.mode == 'P':
        return 'P'
    if original.has_transparency_data and format in TRANSPARENCY:
        return 'LA' if _is_grey(original) and format in TRANSPARENT_GREY else 'RGBA'
    return 'L' if _is_grey(original) and format in GREY else 'RGB'


def losses(original: Image.Image, format: str) -> list[str]:
    """What an opened image, not yet decoded, loses in a file of a format, a line each."""
    mode = kept_mode(original, format)
    lines = []
    if has_sixteen_bits(original) and mode != 'I;16':
        lines.append('16 bits scaled to 8')
    if original.info.get('bit_depth', 8) > 8:  # of HEIC
        lines.append(f'{original.info["bit_depth"]} bits scaled to 8')
    if original.has_transparency_data and mode in ('L', 'RGB', 'I;16'):
        lines.append('transparency laid over white')
    if original.mode == 'CMYK':
        lines.append('CMYK converted to RGB')
    if mode == 'P':
        lines.append('the painted pixels have the colours of its palette')
    kept, info = metadata(original, format, size=original.size), original.info
    dropped = {
        'colour profile': info.get('icc_profile') and 'icc_profile' not in kept,
        'EXIF data': exif_data(original, original.size) and 'exif' not in kept,
        'XMP data': 'xmp' in info or XMP_OF_PNG in info,
        'IPTC data': 'photoshop' in info,
        'compression': format == original.format == 'TIFF'
        and _tiff_compression(original) != info.get('compression'),
        'comment': info.get('comment') and 'comment' not in kept,
        'texts': original.format == 'PNG'
        and any(isinstance(info[name], str) for name in info if name != XMP_OF_PNG),
        'further pictures in the file': original.format == 'MPO',
    }
    if any(dropped.values()):
        lines.append(f'not kept: {", ".join(name for name in dropped if dropped[name])}')
    return lines


def metadata(original: Image.Image, format: str, *, size: tuple[int, int]) -> dict:
    """What is kept beside the pixels of an image, as Pillow's writers take it.

    ``size``, (width, height), is that of the upright image.
    """
    found = {}
    if format in METADATA:
        same_colours = _is_grey(original) == (kept_mode(original, format) in ('L', 'LA', 'I;16'))
        if same_colours and original.mode not in ('CMYK', 'LAB'):
            found['icc_profile'] = original.info.get('icc_profile')
        found['exif'] = exif_data(original, size)
        if format == 'JPEG' and len(found['exif'] or b'') > LONGEST_EXIF:
            del found['exif']
    if format in RESOLUTION:
        found['dpi'] = original.info.get('dpi')
        if found['dpi'] == (1, 1):  # Pillow's, where a TIFF file has none
            del found['dpi']
    if format in COMMENT:
        found['comment'] = original.info.get('comment')
    return {name: value for name, value in found.items() if value}


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


def bounding_box(hole: np.ndarray) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the true pixels of a hole, (height, width) bool."""
    rows, columns = hole.any(axis=1).nonzero()[0], hole.any(axis=0).nonzero()[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def save(image: Image.Image, format: str, **options) -> bytes:
    """The content of a file of an image."""
    # Writers take what is no option from here, as a colour profile that does not fit any more.
    kept = ('transparency', 'background') if image.mode == 'P' else ()
    image.info = {name: image.info[name] for name in kept if name in image.info}
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def quality_options(
    original: Image.Image, content: bytes, format: str, *, quality: int | None
) -> dict:
    """What Pillow's writer of a format is told on quality: that of the image's file, unless given.

    ``quality`` is from 1 to 100, for formats that lose something; ``content`` is the file.
    """
    same = format == format_of(original)
    if format == 'JPEG':
        progressive = {'progressive': bool(original.info.get('progressive'))}
        if quality is not None or not same:
            return {'quality': quality or QUALITY, **progressive}
        sampling = JpegImagePlugin.get_sampling(original)
        tables = list(original.quantization.values())
        if orientation(original) > 4:
            tables = [np.reshape(table, (8, 8)).T.ravel().tolist() for table in tables]
        return {
            'qtables': tables,
            'subsampling': max(sampling, 0),  # -1: one that Pillow does not write
            **progressive,
        }
    if format == 'PNG':
        # At this level it takes a sixth of the time, and the file is little larger.
        return {'compress_level': 1}
    if format == 'WEBP':
        lossless = quality is None and same and _is_lossless_webp(content)
        return {'lossless': lossless, 'exact': True, 'quality': quality or QUALITY}
    if format == 'TIFF':
        return {'compression': _tiff_compression(original)}
    if format == 'JPEG2000':
        return {'no_jp2': content.startswith(b'\xff\x4f')}
    return {'quality': quality or QUALITY} if format in ('AVIF', 'HEIF') else {}


def _is_grey(original):
    return original.mode in ('1', 'L', 'LA', 'La') or has_deep_grey(original)


def _exif(original):
    """The EXIF data of an opened image; none where they are damaged."""
    try:
        return original.getexif()
    except MemoryError:
        raise
    except Exception:  # anything at all, as decoders do
        return Image.Exif()


def _tiff_compression(original):
    """That of an opened TIFF file, where a photograph can have it, or another without loss."""
    exif = _exif(original)
    if any(tag in exif for tag in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)):
        return 'raw'  # Pillow cannot compress a TIFF file that has those
    compression = original.info.get('compression')
    return compression if compression in LOSSLESS_TIFF else 'tiff_adobe_deflate'


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
