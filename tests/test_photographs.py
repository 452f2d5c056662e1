"""Photographs of all kinds: read, blanked and painted in the middle, nothing else changed."""

import os
import unittest
from unittest import mock

import numpy as np
from PIL import ExifTags, Image

from ift6266.data.pictures import decode
from ift6266.photographs import centre_square, hole_box, paste_hole, read_photograph, side_by_side
from tests.support import encoded, in_folder, input_error, noise, write

SIZES = ((64, 64), (65, 65), (67, 101), (203, 131), (640, 480), (427, 640), (2000, 64))
RED = np.zeros((3, 64, 64), np.uint8)
RED[0] = 255


def test_the_hole_is_the_middle_half_of_the_centre_square():
    assert hole_box((64, 64)) == (16, 16, 48, 48)
    assert hole_box((640, 480)) == (200, 120, 440, 360)
    assert hole_box((480, 640)) == (120, 200, 360, 440)
    for width, height in SIZES:
        left, top, right, bottom = hole_box((width, height))
        assert right - left == bottom - top == min(width, height) // 2
        assert abs(left - (width - right)) <= 1 and abs(top - (height - bottom)) <= 1


def test_pixels_outside_the_hole_stay_exactly_what_they_are():
    for width, height in SIZES:
        original = noise(height, width, 3)
        painted = np.array(paste_hole(Image.fromarray(original), RED))
        left, top, right, bottom = hole_box((width, height))
        assert (painted[top:bottom, left:right] == [255, 0, 0]).all()
        painted[top:bottom, left:right] = original[top:bottom, left:right]
        np.testing.assert_array_equal(painted, original)


def test_a_ramp_goes_on_at_any_size():
    for width, height in SIZES:
        across = np.tile(np.linspace(10, 240, width), (height, 1))
        down = np.tile(np.linspace(250, 5, height), (width, 1)).T
        original = np.stack([across, down, (across + down) / 2], axis=-1).astype(np.uint8)
        image = Image.fromarray(original)
        painted = paste_hole(image, centre_square(image))
        assert np.abs(np.asarray(painted, int) - original).max() <= 3, (width, height)


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
        image = read_photograph(write(folder, name, content))
        assert image.mode == 'RGB' and image.size == size, name
        # Along the shorter side nothing is scaled, so the whole one has the network's pixels.
        left, top = (image.width - 64) // 2, (image.height - 64) // 2
        square = np.asarray(image.crop((left, top, left + 64, top + 64))).transpose(2, 0, 1)
        np.testing.assert_allclose(square.astype(int), decode(content).pixels, atol=1, err_msg=name)
        np.testing.assert_array_equal(square, centre_square(image), name)


@in_folder
def test_the_colour_profile_is_kept_where_it_still_fits(folder):
    profile = {'icc_profile': b'a profile'}
    kept = read_photograph(write(folder, 'rgb.png', encoded(noise(64, 64, 3), **profile)))
    assert paste_hole(kept, RED).info == profile
    palette = Image.fromarray(noise(64, 64, 3)).quantize(8)
    kept = read_photograph(write(folder, 'palette.png', encoded(palette, **profile)))
    assert kept.info == profile
    lost = read_photograph(write(folder, 'grey.png', encoded(noise(64, 64), **profile)))
    assert paste_hole(lost, RED).info == {}


@in_folder
def test_exif_data_and_resolution_are_kept(folder):
    """But neither the orientation, which was applied, nor a preview of what was there."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Orientation] = 'Canon', 6
    path = write(folder, 'x.jpg', encoded(noise(64, 80, 3), 'JPEG', exif=exif, dpi=(300, 300)))
    image = paste_hole(read_photograph(path), RED)
    assert image.size == (64, 80) and image.info['dpi'] == (300, 300)
    kept = Image.Exif()
    kept.load(image.info['exif'])
    assert dict(kept) == {ExifTags.Base.Make: 'Canon'}


@in_folder
def test_what_was_done_to_odd_photographs_is_logged(folder):
    path = write(folder, 'x.png', encoded(noise(64, 64, 4)))
    with unittest.TestCase().assertLogs('ift6266.photographs', 'INFO') as logs:
        assert 'remarks' not in read_photograph(path).info
    assert logs.output == [f'INFO:ift6266.photographs:{path}: transparency laid over white']


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


def test_side_by_side_is_hole_painted_original():
    original = Image.new('RGB', (80, 64), 'green')
    row = side_by_side(original, paste_hole(original, RED))
    assert row.size == (3 * 80 + 2 * 8, 64)
    assert [row.getpixel((left + 40, 32)) for left in (0, 88, 176)] == [
        (0, 0, 0),
        (255, 0, 0),
        (0, 128, 0),
    ]
    large = Image.new('RGB', (3000, 1500))
    with mock.patch.object(large, 'copy', side_effect=MemoryError):  # two would be hundreds of MB
        assert side_by_side(large, large).size == (3 * 1024 + 2 * 8, 512)
