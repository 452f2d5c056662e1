"""Photographs of all kinds: read, and written with other pixels in their holes and nowhere else."""

import io
import os
from pathlib import Path
from unittest import mock

import numpy as np
import skimage
from PIL import ExifTags, Image, JpegImagePlugin
from PIL.PngImagePlugin import PngInfo

from ift6266.data.pictures import Refused, decode
from ift6266.photographs import (
    box_hole,
    centre_square,
    decode_photograph,
    hole_box,
    read_photograph,
    side_by_side,
)
from tests.support import encoded, in_folder, input_error, noise, write

SIZES = ((64, 64), (65, 65), (67, 101), (203, 131), (640, 480), (427, 640), (2000, 64))
SCIKIT_IMAGE = Path(skimage.__file__).parent / 'data'
COLOUR = (200, 100, 50)
GREY = 124  # of that colour


def hole_of(image):
    """A hole of two parts, one of them in a corner."""
    hole = np.zeros((image.height, image.width), bool)
    hole[5:30, 20:50] = hole[-9:, -4:] = True
    return hole


def repainted(content, **options):
    """What becomes of a file whose hole is painted in one colour; and the hole."""
    photograph = decode_photograph(content)
    hole = hole_of(photograph.image)
    painted = Image.new('RGB', photograph.image.size, COLOUR)
    return photograph.encode(painted, hole, **options), hole


def pixels_of(content):
    with Image.open(io.BytesIO(content)) as image:
        return image.mode, np.array(image)


def smooth(height=72, width=88):
    """A picture as photographs are, that compression hardly changes."""
    y, x = np.mgrid[:height, :width] / 40
    waves = [127 + 90 * np.sin(3 * x + k * y + k) for k in (1, 2, 3)]
    return np.stack(waves, axis=-1).astype(np.uint8)


def palette():
    return Image.fromarray(noise(70, 80, 3)).quantize(64)


def test_the_hole_is_the_middle_half_of_the_centre_square():
    assert hole_box((64, 64)) == (16, 16, 48, 48)
    assert hole_box((640, 480)) == (200, 120, 440, 360)
    assert hole_box((480, 640)) == (120, 200, 360, 440)
    for width, height in SIZES:
        left, top, right, bottom = hole_box((width, height))
        assert right - left == bottom - top == min(width, height) // 2
        assert abs(left - (width - right)) <= 1 and abs(top - (height - bottom)) <= 1
        hole = box_hole((left, top, right, bottom), (width, height))
        assert hole.shape == (height, width) and hole.sum() == (right - left) ** 2
        assert hole[top, left] and hole[bottom - 1, right - 1]


@in_folder
def test_photographs_of_all_kinds_are_read_as_the_converters_read_them(folder):
    turned = Image.Exif()
    turned[0x0112] = 6
    colour = Image.fromarray(noise(70, 64, 3))
    for name, content, size in (
        ('grey.png', encoded(noise(70, 64)), (64, 70)),
        ('deep.png', encoded(noise(70, 64, dtype='uint16')), (64, 70)),
        ('transparent.png', encoded(noise(70, 64, 4)), (64, 70)),
        ('cmyk.jpg', encoded(colour.convert('CMYK'), 'JPEG'), (64, 70)),
        ('turned.png', encoded(colour, exif=turned), (70, 64)),
    ):
        image = read_photograph(write(folder, name, content)).image
        assert image.mode == 'RGB' and image.size == size, name
        # Along the shorter side nothing is scaled, so the whole one has the network's pixels.
        left, top = (image.width - 64) // 2, (image.height - 64) // 2
        square = np.asarray(image.crop((left, top, left + 64, top + 64))).transpose(2, 0, 1)
        np.testing.assert_allclose(square.astype(int), decode(content).pixels, atol=1, err_msg=name)
        np.testing.assert_array_equal(square, centre_square(image), name)


def test_pixels_outside_the_hole_stay_exactly_what_they_are():
    """In the colours, with the transparency and the bits that the file has."""
    grey, colour, deep = noise(70, 80), noise(70, 80, 3), noise(70, 80, dtype='uint16')
    clear = noise(70, 80, 4)
    grey_clear = Image.fromarray(clear).convert('LA')
    for format, image, options, painted in (
        *((format, colour, {}, COLOUR) for format in ('PNG', 'TIFF', 'BMP', 'PPM', 'JPEG2000')),
        ('WEBP', colour, {'lossless': True, 'icc_profile': bytes(100)}, COLOUR),
        ('WEBP', clear, {'lossless': True, 'exact': True}, COLOUR),
        *((format, grey, {}, GREY) for format in ('PNG', 'TIFF', 'BMP', 'PPM', 'JPEG2000')),
        *((format, deep, {}, 257 * GREY) for format in ('PNG', 'TIFF', 'JPEG2000')),
        ('PPM', Image.fromarray(deep).convert('I'), {}, 257 * GREY),
        *((format, clear, {}, COLOUR) for format in ('PNG', 'TIFF', 'JPEG2000')),
        *((format, grey_clear, {}, GREY) for format in ('PNG', 'TIFF', 'JPEG2000')),
        ('TIFF', colour, {'compression': 'tiff_lzw'}, COLOUR),
        ('GIF', palette(), {'transparency': 3}, None),
    ):
        content = encoded(image, format, **options)
        new, hole = repainted(content)
        (mode, before), (new_mode, after) = pixels_of(content), pixels_of(new)
        what = f'{format} {mode}'
        assert new_mode == mode and Image.open(io.BytesIO(new)).format == format, what
        np.testing.assert_array_equal(after[~hole], before[~hole], what)
        if mode in ('LA', 'RGBA'):
            np.testing.assert_array_equal(after[..., -1], before[..., -1], what)
            after = after[..., :-1]
        if painted is not None:
            assert (after[hole].squeeze() == painted).all(), what


def test_files_of_other_programs():
    """Those of cameras, scanners and Photoshop that come with scikit-image."""
    for name in ('astronaut.png', 'camera.png', 'chelsea.png', 'horse.png', 'rocket.jpg'):
        content = (SCIKIT_IMAGE / name).read_bytes()
        new, hole = repainted(content)
        with Image.open(io.BytesIO(content)) as before, Image.open(io.BytesIO(new)) as after:
            assert (after.format, after.mode, after.size) == (
                before.format,
                before.mode,
                before.size,
            )
            for kept in ('icc_profile', 'dpi', 'comment'):
                assert after.info.get(kept) == before.info.get(kept), (name, kept)
            changes = np.abs(np.asarray(after, int) - np.asarray(before, int))[~hole]
            assert changes.mean() < 0.5 if name.endswith('jpg') else changes.max() == 0, name
    adobe = decode_photograph((SCIKIT_IMAGE / 'hubble_deep_field.jpg').read_bytes())
    assert adobe.remarks == ['not kept: XMP data']
    new = adobe.encode(adobe.image, hole_of(adobe.image))
    assert np.abs(np.asarray(decode_photograph(new).image, int) - adobe.image).mean() < 1
    for kept in ('icc_profile', 'dpi'):
        assert Image.open(io.BytesIO(new)).info[kept] == adobe.source.info[kept]


def test_what_a_palette_holds_is_seen_outside_the_hole():
    for format, mode, options in (
        ('PNG', 'RGB', {}),
        ('TIFF', 'RGB', {}),
        ('BMP', 'RGB', {}),
        ('PNG', 'RGBA', {'transparency': 3}),
    ):
        content = encoded(palette(), format, **options)
        new, hole = repainted(content)
        seen = np.asarray(Image.open(io.BytesIO(content)).convert(mode))
        new_mode, after = pixels_of(new)
        assert new_mode == mode
        np.testing.assert_array_equal(after[~hole], seen[~hole])
        assert (after[hole][:, :3] == COLOUR).all()


def test_a_gif_is_painted_in_the_nearest_colours_of_its_palette():
    content = encoded(palette(), 'GIF', transparency=3)
    new, hole = repainted(content)
    colours = np.array(Image.open(io.BytesIO(new)).getpalette()).reshape(-1, 3)
    distances = ((colours - np.array(COLOUR)) ** 2).sum(axis=1)
    distances[3] = 10**6
    indices = pixels_of(new)[1][hole]
    assert (distances[indices] == distances.min()).all()
    assert Image.open(io.BytesIO(new)).info['transparency'] == 3


def test_a_jpeg_has_its_own_quality_and_its_own_sampling():
    for quality, sampling in ((60, 0), (85, 2), (95, 1)):
        for progressive in (False, True):
            content = encoded(
                smooth(), 'JPEG', quality=quality, subsampling=sampling, progressive=progressive
            )
            new, hole = repainted(content)
            before, after = Image.open(io.BytesIO(content)), Image.open(io.BytesIO(new))
            assert after.quantization == before.quantization
            assert JpegImagePlugin.get_sampling(after) == sampling
            assert bool(after.info.get('progressive')) == progressive
            far = ~np.asarray(Image.fromarray(hole).resize((11, 9), 0).resize((88, 72), 0))
            far[:48, :72] = far[48:, 64:] = False  # the blocks of the hole, and beside them
            changes = np.abs(np.asarray(after, int) - np.asarray(before, int))
            assert changes[far].max() <= 6, (quality, sampling, changes[far].max())
    assert Image.open(io.BytesIO(repainted(encoded(smooth()[..., 0], 'JPEG'))[0])).mode == 'L'


def test_quality_and_format_can_be_others():
    content = encoded(smooth(), 'JPEG', quality=95)
    low, _ = repainted(content, quality=20)
    assert len(low) < len(content) / 2
    for format in ('PNG', 'TIFF', 'WEBP', 'JPEG'):
        new, _ = repainted(content, format=format)
        assert Image.open(io.BytesIO(new)).format == format
    lossless, lossy = (
        len(repainted(encoded(noise(70, 80, 3), 'WEBP', lossless=True), quality=quality)[0])
        for quality in (None, 50)
    )
    assert lossy < lossless / 2


def test_photographs_of_phones():
    for format in ('AVIF', 'HEIF'):
        try:
            if format == 'HEIF':
                import pillow_heif  # noqa: PLC0415  only a few have it

                pillow_heif.register_heif_opener()
            content = encoded(smooth(), format, quality=90)
        except (ImportError, KeyError):
            continue
        photograph = decode_photograph(content)
        assert photograph.format == format and photograph.remarks == []
        new, hole = repainted(content)
        after = np.asarray(decode_photograph(new).image, int)
        assert np.abs(after - smooth())[~hole].mean() < 4, format
        assert np.abs(after - COLOUR)[10:25, 25:45].max() < 20, format


def test_a_missing_plug_in_is_named():
    heic = bytes(4) + b'ftypheic' + bytes(100)
    with mock.patch.dict('sys.modules', pillow_heif=None):
        try:
            decode_photograph(heic)
        except Refused as reason:
            assert str(reason).startswith('HEIC takes the package pillow-heif')
        else:
            raise AssertionError('not refused')
        photograph = decode_photograph(encoded(noise(64, 64, 3)))
        reason = input_error(repainted, photograph.content, format='HEIF')
        assert reason.startswith('HEIC takes the package pillow-heif')


def test_an_orientation_is_applied_and_not_kept():
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = 'Canon'
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.ExifImageWidth], details[ExifTags.Base.ExifImageHeight] = 80, 70
    for orientation in range(1, 9):
        exif[ExifTags.Base.Orientation] = orientation
        for format in ('JPEG', 'PNG', 'WEBP', 'TIFF'):
            pixels = noise(70, 80, 3) if format in ('PNG', 'TIFF') else smooth(70, 80)
            content = encoded(pixels, format, exif=exif.tobytes(), dpi=(300, 300))
            image = decode_photograph(content).image
            assert image.size == ((80, 70) if orientation < 5 else (70, 80))
            new, hole = repainted(content)
            after = decode_photograph(new)
            assert after.image.size == image.size
            changes = np.abs(np.asarray(after.image, int) - np.asarray(image, int))[~hole]
            assert changes.max() == 0 if format in ('PNG', 'TIFF') else changes.mean() < 4
            with Image.open(io.BytesIO(new)) as opened:
                kept = opened.getexif()
                assert ExifTags.Base.Orientation not in kept
                assert kept[ExifTags.Base.Make] == 'Canon'
                sizes = kept.get_ifd(ExifTags.IFD.Exif)
                assert (sizes[40962], sizes[40963]) == image.size
                if format != 'WEBP':
                    assert round(opened.info['dpi'][0]) == 300


def test_the_colour_profile_is_kept_where_it_fits():
    profile = b'a profile' * 20
    for format in ('JPEG', 'PNG', 'WEBP', 'TIFF'):
        content = encoded(noise(70, 80, 3), format, icc_profile=profile)
        assert Image.open(io.BytesIO(repainted(content)[0])).info['icc_profile'] == profile
        assert decode_photograph(content).image.info['icc_profile'] == profile
    grey = encoded(noise(70, 80), icc_profile=profile)
    assert 'icc_profile' not in decode_photograph(grey).image.info
    assert Image.open(io.BytesIO(repainted(grey)[0])).info['icc_profile'] == profile
    assert 'icc_profile' not in Image.open(io.BytesIO(repainted(grey, format='WEBP')[0])).info
    assert decode_photograph(grey).losses('WEBP') == ['not kept: colour profile']
    ink = encoded(Image.new('CMYK', (70, 80)), 'TIFF', icc_profile=profile)
    for format in ('TIFF', 'PNG'):
        assert 'icc_profile' not in Image.open(io.BytesIO(repainted(ink, format=format)[0])).info


def test_the_preview_of_what_was_there_is_not_kept():
    """Nor what says where a TIFF file has its pixels, in the EXIF data of another format."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = 'Canon'
    exif.get_ifd(ExifTags.IFD.IFD1)[ExifTags.Base.Compression] = 6
    new, _ = repainted(encoded(noise(64, 80, 3), 'JPEG', exif=exif))
    assert dict(Image.open(io.BytesIO(new)).getexif()) == {ExifTags.Base.Make: 'Canon'}
    assert not Image.open(io.BytesIO(new)).getexif().get_ifd(ExifTags.IFD.IFD1)
    tiff = encoded(noise(64, 80, 3), 'TIFF', exif=exif, dpi=(300, 300))
    new, _ = repainted(tiff, format='PNG')
    tags = {ExifTags.Base.Make, ExifTags.Base.XResolution, ExifTags.Base.YResolution}
    assert set(Image.open(io.BytesIO(new)).getexif()) == tags | {ExifTags.Base.ResolutionUnit}


def test_what_cannot_be_kept_is_said():
    colour = Image.fromarray(noise(70, 80, 3))
    deep_colour = Image.fromarray(noise(70, 80, dtype='uint16'))
    clear = encoded(noise(70, 80, 4))
    texts = PngInfo()
    texts.add_text('Title', 'mine')
    for content, format, lines in (
        (encoded(colour), 'PNG', []),
        (encoded(colour.convert('CMYK'), 'JPEG'), 'JPEG', ['CMYK converted to RGB']),
        (encoded(deep_colour), 'PNG', []),
        (encoded(deep_colour), 'JPEG', ['16 bits scaled to 8']),
        (clear, 'PNG', []),
        (clear, 'JPEG', ['transparency laid over white']),
        (encoded(colour, 'JPEG', xmp=b'<x/>'), 'JPEG', ['not kept: XMP data']),
        (encoded(colour, 'JPEG', comment=b'mine'), 'JPEG', []),
        (encoded(colour, 'JPEG', comment=b'mine'), 'PNG', ['not kept: comment']),
        (encoded(colour, pnginfo=texts), 'PNG', ['not kept: texts']),
        (encoded(colour, 'JPEG2000'), 'JPEG2000', []),
        (encoded(palette(), 'GIF'), 'GIF', ['the painted pixels have the colours of its palette']),
        (encoded(colour, 'TIFF', compression='jpeg'), 'TIFF', ['not kept: compression']),
        (
            encoded(colour, 'MPO', save_all=True, append_images=[colour]),
            'JPEG',
            ['not kept: further pictures in the file'],
        ),
    ):
        photograph = decode_photograph(content)
        assert photograph.losses(format) == lines, (photograph, format)
        assert format != photograph.format or photograph.remarks == lines


def test_a_deep_png_in_colour_loses_its_bits_and_says_so():
    """Pillow writes none, so this one has the chunks of one in 8 bits but a header of 16."""
    import struct  # noqa: PLC0415
    import zlib  # noqa: PLC0415

    rows = b''.join(b'\0' + row.tobytes() for row in noise(70, 80, 3, dtype='uint16').byteswap())
    chunks = (
        (b'IHDR', struct.pack('>IIBBBBB', 80, 70, 16, 2, 0, 0, 0)),
        (b'IDAT', zlib.compress(rows)),
        (b'IEND', b''),
    )
    content = b'\x89PNG\r\n\x1a\n' + b''.join(
        struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))
        for name, data in chunks
    )
    photograph = decode_photograph(content)
    assert photograph.remarks == ['16 bits scaled to 8']
    new, hole = repainted(content)
    np.testing.assert_array_equal(pixels_of(new)[1][~hole], np.asarray(photograph.image)[~hole])


def test_damaged_pixels_are_not_taken_for_metadata():
    """Pillow decodes a PNG to find its EXIF data, and raises errors of its pixels once."""
    whole = encoded(noise(70, 80, dtype='uint16'))
    for content in (whole[:5000] + bytes(9) + whole[5009:], whole[:-500]):
        try:
            decode_photograph(content)
        except Refused as reason:
            assert str(reason) == 'truncated or damaged'
        else:
            raise AssertionError('not refused')


@in_folder
def test_what_is_no_photograph_is_refused_by_name(folder):
    whole = encoded(noise(80, 80, 3), 'JPEG')
    for name, content in (
        ('small.png', encoded(noise(63, 90, 3))),
        ('cut.jpg', whole[:-500]),
        ('notes.txt', b'notes'),
    ):
        path = write(folder, name, content)
        assert input_error(read_photograph, path).startswith(path + ': ')
    for path in (os.path.join(folder, 'absent.jpg'), folder):
        assert input_error(read_photograph, path).startswith(path + ': ')


def test_a_damaged_file_is_refused_or_written():
    """What is read is written, or refused in one line, whatever its metadata hold."""
    rng = np.random.RandomState(1)
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = 'Canon'
    for format in ('JPEG', 'PNG', 'TIFF', 'WEBP', 'GIF'):
        image = palette() if format == 'GIF' else smooth(70, 80)
        options = {} if format == 'GIF' else {'exif': exif, 'icc_profile': bytes(50)}
        whole = np.frombuffer(encoded(image, format, **options), np.uint8)
        for _ in range(25):
            content = whole.copy()
            content[rng.randint(min(len(content), 400), size=3)] = rng.randint(256, size=3)
            try:
                new, _ = repainted(content.tobytes())
            except Refused:
                continue
            assert decode_photograph(new).image.size[0] >= 64, format


def test_a_photograph_that_is_too_large_for_a_format_is_refused():
    wide = encoded(np.zeros((64, 16400, 3), np.uint8), compress_level=1)
    assert 'cannot be written as WEBP' in input_error(repainted, wide, format='WEBP')


def test_an_empty_hole_changes_nothing_and_one_of_another_size_is_refused():
    for format in ('PNG', 'JPEG'):
        photograph = decode_photograph(encoded(smooth(), format))
        hole = np.zeros((72, 88), bool)
        new = decode_photograph(photograph.encode(Image.new('RGB', (88, 72)), hole)).image
        changes = np.abs(np.asarray(new, int) - np.asarray(photograph.image, int))
        assert changes.max() <= (6 if format == 'JPEG' else 0)
        assert '(88, 72)' in input_error(photograph.encode, photograph.image, hole.T)
        assert '(72, 88)' in input_error(photograph.encode, Image.new('RGB', (72, 88)), hole)


def test_side_by_side_is_hole_painted_original():
    original = Image.new('RGB', (80, 64), 'green')
    hole = box_hole((32, 24, 48, 40), original.size)
    row = side_by_side(original, Image.new('RGB', original.size, 'red'), hole)
    assert row.size == (3 * 80 + 2 * 8, 64)
    assert [row.getpixel((left + 40, 32)) for left in (0, 88, 176)] == [
        (0, 0, 0),
        (255, 0, 0),
        (0, 128, 0),
    ]
    assert row.getpixel((10, 10)) == (0, 128, 0)
    large = Image.new('RGB', (3000, 1500))
    with mock.patch.object(large, 'copy', side_effect=MemoryError):  # two would be hundreds of MB
        row = side_by_side(large, large, box_hole((0, 0, 100, 100), large.size))
    assert row.size == (3 * 1024 + 2 * 8, 512)
