"""What a file is that cannot be read as a picture, and what a picture is without its metadata."""

import hashlib
import io
import re
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

DAMAGED = 'truncated or damaged'

_PNG = b'\x89PNG\r\n\x1a\n'
# Of PNG's optional chunks those that change what is seen: transparency, orientation, animation.
_PNG_KEPT = (b'tRNS', b'eXIf', b'acTL')
# JPEG's markers from APP1, except Adobe's, which says what the colours are; and its comments.
_JPEG_METADATA = {*range(0xE1, 0xEE), 0xEF, 0xFE}
_JPEG_END = b'\xff\xd9'
_ROWS = 256  # whose pixels are compared at a time

_PICTURES = (
    ('Damaged TIFF, or one of a rare kind,', rb'II[*+]\x00|MM\x00[*+]'),
    ('HEIC', rb'.{4}ftyp(hei|hev|mif1|msf1)'),
    ('AVIF', rb'.{4}ftypavi'),
    ('JPEG XL', rb'\xff\x0a|\x00\x00\x00\x0cJXL '),
    ('JPEG XR', rb'II\xbc'),
    ('PDF', rb'.{0,1000}%PDF-'),
    ('PostScript', rb'%!PS|\xc5\xd0\xd3\xc6'),
    ('SVG', rb'\s*(<\?xml.{0,1000})?<svg'),
    ('Photoshop', rb'8BPS'),
    ('GIMP', rb'gimp xcf'),
    ('camera raw', rb'.{4}ftypcrx|FUJIFILMCCD-RAW|IIR[OS]|II\x55\x00|MMOR|.{6}HEAPCCDR'),
    ('OpenEXR', rb'\x76\x2f\x31\x01'),
    ('Radiance HDR', rb'#\?RADIANCE'),
    ('PCX', rb'\x0a[\x00-\x05]\x01[\x01\x02\x04\x08]'),
    ('Windows icon', rb'\x00\x00\x01\x00[^\x00]\x00'),
    ('DirectDraw', rb'DDS '),
)
_OTHERS = (
    (
        'a video',
        rb'.{4}(ftyp|moov|mdat)|RIFF.{4}AVI |\x1a\x45\xdf\xa3|\x00\x00\x01[\xb3\xba]|FLV\x01',
    ),
    ('a sound', rb'RIFF.{4}WAVE|ID3|fLaC|OggS'),
    ('a web page', rb'\s*(<!doctype html|<html)'),
    ('a pointer of Git LFS', rb'version https://git-lfs'),
    ('an archive or document', rb'PK\x03\x04|Rar!|7z\xbc\xaf|\x1f\x8b|BZh|\xfd7zXZ'),
    ('an HDF5 file', rb'\x89HDF'),
)
# JPEG, PNG, GIF, WebP, JPEG 2000
_READ = rb'\xff\xd8\xff|\x89PNG|GIF8|RIFF.{4}WEBP|\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51'


def why_no_picture(content: bytes) -> str:
    """Why the content of a file that Pillow does not recognize is no picture, by how it begins."""
    if not content:
        return 'empty'
    if _begins(content, _READ):
        return DAMAGED
    for name, pattern in _PICTURES:
        if _begins(content, pattern):
            if name == 'HEIC' and b'avif' in content[:64]:
                name = 'AVIF'
            return f'{name} is not read; save it as JPEG or PNG'
    for name, pattern in _OTHERS:
        if _begins(content, pattern):
            return f'{name}, not a picture'
    return 'no picture that can be read'


def _begins(content, pattern):
    return re.match(pattern, content[:2048], re.DOTALL | re.IGNORECASE)


def without_metadata(content: bytes) -> bytes | None:
    """The content of a PNG or JPEG file with what its pixels need alone; None for others.

    A JPEG file that lacks nothing but the mark of its end gets it.
    """
    try:
        if content.startswith(_PNG):
            return _PNG + b''.join(_png_chunks(content))
        if content.startswith(b'\xff\xd8'):
            return _completed(b''.join(_jpeg_segments(content)))
    except (struct.error, IndexError):
        pass
    return None


def _png_chunks(content) -> Iterator[bytes]:
    start = len(_PNG)
    while start + 12 <= len(content):
        length, kind = struct.unpack_from('>I4s', content, start)
        chunk = content[start : start + 12 + length]
        critical = kind[:1].isupper()
        if critical or kind in _PNG_KEPT and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:]):
            yield chunk
        start += 12 + length


def _jpeg_segments(content) -> Iterator[bytes]:
    yield content[:2]
    start = 2
    while content[start] == 0xFF and content[start + 1] != 0xDA:  # the compressed pixels
        (length,) = struct.unpack_from('>H', content, start + 2)
        if content[start + 1] not in _JPEG_METADATA:
            yield content[start : start + 2 + length]
        start += 2 + length
    yield content[start:]


def _completed(content):
    """JPEG content, with its end where it lacks that and no pixel.

    Decoders make up missing pixels from what follows, so that they differ with it.
    """
    if _JPEG_END in content:
        return content
    content = content.rstrip(b'\xff')  # half of the end
    first, second = (
        _digest_of_pixels(content + filler + _JPEG_END) for filler in (b'', b'\x5a\xa5' * 64)
    )
    return content + _JPEG_END if first == second else content


def _digest_of_pixels(content):
    try:
        with Image.open(io.BytesIO(content), formats=('JPEG',)) as image:
            digest = hashlib.blake2b()
            for top in range(0, image.height, _ROWS):
                rows = image.crop((0, top, image.width, min(top + _ROWS, image.height)))
                digest.update(rows.tobytes())
            return digest.digest()
    except OSError:
        return None
