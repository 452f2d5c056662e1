"""Files that are no pictures, by how they begin, and JPEG files without their end."""

import io

from PIL import Image

from ift6266.data.formats import why_no_picture, without_metadata
from tests.support import encoded, noise


def test_formats_that_are_not_read_are_named():
    for content, name in (
        (b'\0\0\0\x24ftypheic\0\0\0\0mif1heic', 'HEIC'),
        (b'\0\0\0\x20ftypmif1\0\0\0\0mif1heic', 'HEIC'),
        (b'\0\0\0\x20ftypavif\0\0\0\0avifmif1miaf', 'AVIF'),
        (b'\0\0\0\x20ftypmif1\0\0\0\0mif1avif', 'AVIF'),
        (b'\xff\x0a\xfa\x1f', 'JPEG XL'),
        (b'\0\0\0\x0cJXL \r\n\x87\n', 'JPEG XL'),
        (b'%PDF-1.7\n', 'PDF'),
        (b'%!PS-Adobe-3.0 EPSF-3.0\n', 'PostScript'),
        (b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="">', 'SVG'),
        (b'8BPS\0\1', 'Photoshop'),
    ):
        assert why_no_picture(content) == f'{name} is not read; save it as JPEG or PNG', content
    for content, name in (
        (b'\0\0\0\x20ftypisom', 'a video'),
        (b'\0\0\0\x14ftypqt  ', 'a video'),
        (b'\x1a\x45\xdf\xa3\1', 'a video'),
        (b'\n<!DOCTYPE HTML><title>403', 'a web page'),
        (b'version https://git-lfs.github.com/spec/v1\n', 'a pointer of Git LFS'),
        (b'PK\3\4', 'an archive or document'),
    ):
        assert why_no_picture(content) == f'{name}, not a picture', content


def test_what_pillow_writes_is_named():
    image = Image.fromarray(noise(64, 64, 3))
    for format, name in (('AVIF', 'AVIF'), ('PDF', 'PDF'), ('ICO', 'Windows icon'), ('PCX', 'PCX')):
        if format in Image.SAVE or Image.init() and format in Image.SAVE:
            assert why_no_picture(encoded(image, format)).startswith(name + ' is'), format


def test_jpeg_gets_its_end_where_no_pixel_is_missing():
    """Not so much as a byte of them may be: then decoders would make it up."""
    for progressive in (False, True):
        whole = encoded(noise(80, 80, 3), 'JPEG', progressive=progressive)
        for missing in (0, 1, 2, 3, 4, 6, 10, 30, 500):
            completed = without_metadata(whole[: len(whole) - missing])
            with Image.open(io.BytesIO(completed)) as image:
                try:
                    image.load()
                    assert missing <= 2
                except OSError:
                    assert missing > 2
