"""Every kind of picture that people have, and what must become of it."""

import struct
import subprocess
import sys
import warnings
import zlib
from unittest import mock

import numpy
from PIL import Image

from ift6266.data.pictures import Refused, decode, decode_in_order
from tests.support import encoded, noise


def refusal(content):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            decode(content)
        except Refused as reason:
            return str(reason)
    raise AssertionError('not refused')


def png_of_size(width, height):
    """A PNG that claims a size and holds next to nothing."""
    chunks = (
        (b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)),
        (b'IDAT', zlib.compress(bytes(10000))),
        (b'IEND', b''),
    )
    return b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
        for name, data in chunks
    )


def test_colour_of_the_right_size_stays_as_it_is():
    pixels = noise(64, 64, 3)
    picture = decode(encoded(pixels))
    assert picture.remark is None and picture.pixels.dtype == 'uint8'
    numpy.testing.assert_array_equal(picture.pixels, pixels.transpose(2, 0, 1))


def test_greyscale_becomes_three_equal_channels():
    pixels = noise(64, 64)
    numpy.testing.assert_array_equal(decode(encoded(pixels)).pixels, [pixels] * 3)


def test_larger_picture_becomes_its_centre_square():
    pixels = numpy.zeros((128, 256, 3), 'uint8')
    pixels[:, 64:192] = 200
    picture = decode(encoded(pixels)).pixels
    assert (picture[:, :, 3:-3] == 200).all()
    assert abs(picture.astype(int) - 200).max() < 60  # the filter rings beside a sharp edge


def test_scaling_down_does_not_alias():
    """A chequerboard of single pixels is grey from afar."""
    pixels = numpy.zeros((640, 640), 'uint8')
    pixels[::2, ::2] = pixels[1::2, 1::2] = 255
    for content in (encoded(pixels), encoded(pixels, 'JPEG', quality=95)):
        assert abs(decode(content).pixels.astype(int) - 128).max() <= 2


def test_large_jpeg_is_what_a_full_decoder_gives():
    y, x = numpy.mgrid[:960, :1280] / 1280
    waves = [127 + 100 * numpy.sin(20 * x + k * 9 * y) for k in (1, 2, 3)]
    pixels = numpy.stack(waves, axis=-1).astype('uint8')
    picture = decode(encoded(pixels, 'JPEG', quality=95)).pixels
    blocks = pixels[:, 160:1120].reshape(64, 15, 64, 15, 3).mean((1, 3)).transpose(2, 0, 1)
    assert numpy.abs(picture - blocks).mean() < 2


def test_orientation_of_cameras_is_applied():
    pixels = numpy.zeros((64, 64, 3), 'uint8')
    pixels[:32] = 255  # the top is white
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by 90 degrees: the right becomes white
    picture = decode(encoded(pixels, 'JPEG', exif=exif, quality=95)).pixels
    assert picture[:, :, 40:].min() > 200 and picture[:, :, :24].max() < 50


def test_sixteen_bits_are_scaled_to_eight():
    deep = noise(64, 64, dtype='uint16')
    for content in (encoded(deep), encoded(deep, 'TIFF')):
        picture = decode(content)
        assert picture.remark == '16 bits scaled to 8'
        assert numpy.abs(picture.pixels - deep / 257.0).max() <= 0.5 + 1e-6


def test_cmyk_becomes_colour():
    red = Image.new('CMYK', (64, 64), (0, 255, 255, 0))
    picture = decode(encoded(red, 'TIFF'))
    assert picture.remark == 'CMYK converted to RGB'
    numpy.testing.assert_array_equal(picture.pixels[:, 5, 5], [255, 0, 0])
    assert decode(encoded(red, 'JPEG')).remark == 'CMYK converted to RGB'


def test_transparency_is_laid_over_white():
    image = Image.new('RGBA', (64, 64), (0, 0, 0, 0))
    image.paste((10, 20, 30, 255), (0, 0, 32, 64))
    palette = image.quantize(4)
    for content in (encoded(image), encoded(palette)):
        picture = decode(content)
        assert picture.remark == 'transparency laid over white'
        numpy.testing.assert_array_equal(picture.pixels[:, 0, 0], [10, 20, 30])
        numpy.testing.assert_array_equal(picture.pixels[:, 0, 63], [255, 255, 255])


def test_truncated_pictures_are_refused():
    for format in ('JPEG', 'PNG', 'BMP', 'GIF', 'TIFF', 'WEBP'):
        content = encoded(noise(80, 80, 3), format)
        assert refusal(content[: len(content) // 2]) in (
            'truncated or damaged',
            'Damaged TIFF, or one of a rare kind, is not read; save it as JPEG or PNG',
            'no picture that can be read',
        )
    assert refusal(encoded(noise(80, 80, 3), 'JPEG')[:-500]) == 'truncated or damaged'


def test_damaged_pixels_that_are_to_be_turned_are_refused():
    exif = Image.Exif()
    exif[0x0112] = 6
    for compression in 'tiff_lzw', 'tiff_adobe_deflate':
        content = encoded(noise(80, 90, 3), 'TIFF', compression=compression, exif=exif)
        decode(content)
        damaged = content[:3000] + bytes(1000) + content[4000:]
        assert refusal(damaged) == 'truncated or damaged', compression


def test_what_is_no_picture_is_refused():
    for content in (b'holiday notes', bytes(1000), b'GIF'):
        assert refusal(content) == 'no picture that can be read', content
    for content in (b'\x89PNG\r\n\x1a\n', b'\xff\xd8\xff', b'GIF89a'):
        assert refusal(content) == 'truncated or damaged', content
    assert refusal(b'') == 'empty'


def test_decompression_bombs_are_refused():
    for width, height in ((50000, 50000), (10000, 10000), (9000, 8000)):
        assert refusal(png_of_size(width, height)).startswith('more than 67 million pixels')


def test_large_jpeg_photographs_are_decoded_at_a_part_of_their_size():
    """One of 108 million pixels, in memory that its pixels alone would not fit into."""
    program = (
        'import resource, warnings; from tests.data import test_pictures; '
        'from ift6266.data.pictures import decode, decode_by, whole; '
        'warnings.simplefilter("ignore"); '
        'content = test_pictures.grey_jpeg(12000, 9000); '
        'resource.setrlimit(resource.RLIMIT_AS, 2 * (test_pictures.memory() + 3 * 10**8,)); '
        'pixels, (image, info) = decode(content).pixels, decode_by(content, whole); '
        'print(pixels.min(), pixels.max(), image.size, *info["remarks"])'
    )
    result = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)
    assert result.stdout == '128 128 (6000, 4500) reduced by half from 12000 x 9000 pixels\n', (
        result
    )
    assert refusal(grey_jpeg(16000, 9000)).endswith('or 134 million in a JPEG')


def grey_jpeg(width, height):
    """A JPEG of one grey, without the memory of its pixels: rows of blocks are alike."""
    small = encoded(numpy.full((16, width, 3), 128, 'uint8'), 'JPEG', restart_marker_rows=1)
    scan = small.index(b'\xff\xda')
    start = scan + 2 + struct.unpack_from('>H', small, scan + 2)[0]
    size = small.index(b'\xff\xc0') + 5
    header = small[:size] + struct.pack('>H', height) + small[size + 2 : start]
    rows = -(-height // 16)
    marks = [bytes([0xFF, 0xD0 + row % 8]) for row in range(rows - 1)] + [b'\xff\xd9']
    return header + b''.join(small[start:-2] + mark for mark in marks)


def memory():
    """Bytes of address space in use."""
    with open('/proc/self/statm') as file:
        return int(file.read().split()[0]) * 4096


def test_too_little_memory_is_no_damage():
    """Pillow raises MemoryError, or for some formats what it raises for damaged files."""
    large = encoded(noise(100, 100, 3), 'JPEG')
    with mock.patch('PIL.ImageFile.ImageFile.load', side_effect=MemoryError):
        assert 'too little memory' in refusal(large)
    with (
        mock.patch('PIL.ImageFile.ImageFile.load', side_effect=OSError('broken data stream')),
        mock.patch('numpy.empty', side_effect=MemoryError),
    ):
        assert 'too little memory' in refusal(large)


def test_what_is_no_pixel_does_not_matter():
    """Damaged or endless metadata, and what is missing or too much behind the pixels."""
    pixels = noise(64, 64, 3)
    jpeg, png = encoded(pixels, 'JPEG'), encoded(pixels)
    decoded, lossless = decode(jpeg).pixels, decode(png).pixels
    exif = b'\xff\xe1' + struct.pack('>H', 40) + b'Exif\0\0MM\0*\0\0\0\x08' + 24 * b'\xff'
    for odd in (jpeg[:-1], jpeg[:-2], jpeg + bytes(5000), jpeg[:2] + exif + jpeg[2:]):
        numpy.testing.assert_array_equal(decode(odd).pixels, decoded)
    bomb = b'x\0\0' + zlib.compress(bytes(2**24))
    for name, data in (
        (b'tEXt', b'\0' * 2**21),
        (b'zTXt', bomb),
        (b'iCCP', bomb),
        (b'eXIf', b'no'),
    ):
        for wrong in (0, 1):
            check = zlib.crc32(name + data) ^ wrong
            chunk = struct.pack('>I', len(data)) + name + data + struct.pack('>I', check)
            odd = png[:33] + chunk + png[33:]
            numpy.testing.assert_array_equal(decode(odd).pixels, lossless, str(name))
    for odd in (png[:-12], png + b'trailing'):
        numpy.testing.assert_array_equal(decode(odd).pixels, lossless)


def test_small_pictures_are_refused():
    for shape in ((63, 200, 3), (200, 63, 3), (1, 1, 3)):
        assert refusal(encoded(noise(*shape))) == 'smaller than 64x64'


def test_animations_are_refused():
    frames = [Image.fromarray(frame) for frame in noise(3, 64, 64, 3)]
    for format in ('GIF', 'PNG', 'WEBP', 'TIFF'):
        content = encoded(frames[0], format, save_all=True, append_images=frames[1:])
        assert refusal(content) == 'animated, or of several pages'


def test_pixels_without_a_range_are_refused():
    assert (
        refusal(encoded(noise(64, 64).astype('float32'), 'TIFF')) == 'pixels without a known range'
    )
    assert refusal(encoded(noise(64, 64).astype('int32'), 'TIFF')) == 'pixels without a known range'
    lab = Image.new('LAB', (64, 64))
    assert refusal(encoded(lab, 'TIFF')) == 'colours of the kind LAB; save it in RGB'


def test_damage_anywhere_never_escapes():
    rng = numpy.random.RandomState(1)
    for format in ('JPEG', 'PNG', 'GIF', 'TIFF', 'WEBP', 'BMP', 'PPM'):
        whole = numpy.frombuffer(encoded(noise(70, 70, 3), format), 'uint8')
        for _ in range(15):
            content = whole.copy()
            content[rng.randint(len(content), size=20)] = rng.randint(256, size=20)
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                try:
                    assert decode(content.tobytes()).pixels.shape == (3, 64, 64)
                except Refused:
                    pass


def test_many_files_keep_their_order():
    good = [numpy.full((64, 64, 3), value, 'uint8') for value in range(100)]
    files = [
        (str(value), encoded(image) if value % 7 else b'bad') for value, image in enumerate(good)
    ]
    outcomes = list(decode_in_order(iter(files)))
    assert [path for path, _ in outcomes] == [path for path, _ in files]
    for value, (_, outcome) in enumerate(outcomes):
        if value % 7:
            assert (outcome.pixels == value).all()
        else:
            assert isinstance(outcome, Refused)


def test_reading_ahead_is_bounded():
    content, read = encoded(noise(64, 64, 3)), []
    files = ((read.append(number) or str(number), content) for number in range(5000))
    outcomes = decode_in_order(files)
    next(outcomes)
    assert len(read) < 2500
    outcomes.close()
