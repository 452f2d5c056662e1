"""Photographs with painted centres: nothing but the hole changes, and it changes in its place."""
import os

import numpy as np
from PIL import Image

from ift6266.data.hole import split
from ift6266.data.pictures import decode
from ift6266.evaluation.harmonic import harmonic_fill
from ift6266.inpainting import (Photograph, compile_inpaint, hole_box, paint_photograph,
                                read_photograph, side_by_side)
from ift6266.networks import build_generator
from tests.support import (encoded, in_folder, input_error, noise, run_script, save_model,
                           write)

SIZES = ((64, 64), (65, 65), (67, 101), (203, 131), (640, 480), (427, 640), (2000, 64))


def photograph(image):
    return Photograph(image, decode(encoded(image)).pixels)


def red(context):
    """A generator whose pictures are known: red everywhere."""
    centre = np.zeros(context.shape[:2] + (32, 32), np.float32)
    centre[:, 0] = 1
    return centre


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
        painted = np.array(paint_photograph(red, photograph(Image.fromarray(original))))
        left, top, right, bottom = hole_box((width, height))
        margin = 2 * min(width, height) // 64 + 1  # where the hole is joined to what is around it
        assert (painted[top + margin:bottom - margin, left + margin:right - margin]
                == [255, 0, 0]).all()
        painted[top:bottom, left:right] = original[top:bottom, left:right]
        np.testing.assert_array_equal(painted, original)


def test_at_64x64_the_hole_is_what_was_painted():
    image = Image.fromarray(noise(64, 64, 3))
    _, centre = split(photograph(image).pixels[np.newaxis] / np.float64(255))
    assert paint_photograph(lambda context: centre, photograph(image)) == image


def test_the_painted_centre_continues_a_ramp_at_any_size():
    for width, height in SIZES:
        across = np.tile(np.linspace(10, 240, width), (height, 1))
        down = np.tile(np.linspace(250, 5, height), (width, 1)).T
        original = np.stack([across, down, (across + down) / 2], axis=-1).astype(np.uint8)
        painted = paint_photograph(harmonic_fill, photograph(Image.fromarray(original)))
        assert np.abs(np.asarray(painted, int) - original).max() <= 3, (width, height)


def test_the_generator_sees_what_it_was_trained_on():
    seen = []
    picture = photograph(Image.fromarray(noise(100, 150, 3)))
    paint_photograph(lambda context: seen.append(context) or red(context), picture)
    context, = seen
    assert context.dtype == np.float32
    np.testing.assert_array_equal(context[0], split(picture.pixels)[0].astype(np.float32) / 255)


def test_inference_does_not_depend_on_the_other_pictures():
    inpaint = compile_inpaint(build_generator())
    context, _ = split(noise(3, 3, 64, 64).astype(np.float32) / 255)
    alone = np.concatenate([inpaint(picture[np.newaxis]) for picture in context])
    assert alone.shape == (3, 3, 32, 32)
    np.testing.assert_allclose(inpaint(context), alone, atol=1e-5)


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
            ('turned.png', encoded(colour, exif=turned), (70, 64))):
        image, pixels = read_photograph(write(folder, name, content))
        assert image.mode == 'RGB' and image.size == size, name
        # Along the shorter side nothing is scaled, so the whole one has the network's pixels.
        left, top = (image.width - 64) // 2, (image.height - 64) // 2
        square = np.asarray(image.crop((left, top, left + 64, top + 64))).transpose(2, 0, 1)
        np.testing.assert_allclose(square.astype(int), pixels, atol=1, err_msg=name)


@in_folder
def test_the_colour_profile_is_kept_where_it_still_fits(folder):
    profile = {'icc_profile': b'a profile'}
    kept = read_photograph(write(folder, 'rgb.png', encoded(noise(64, 64, 3), **profile)))
    assert paint_photograph(red, kept).info == profile
    lost = read_photograph(write(folder, 'grey.png', encoded(noise(64, 64), **profile)))
    assert paint_photograph(red, lost).info == {}


@in_folder
def test_what_is_no_photograph_is_refused_by_name(folder):
    whole = encoded(noise(80, 80, 3), 'JPEG')
    for name, content in (('small.png', encoded(noise(63, 90, 3))), ('cut.jpg', whole[:-500]),
                          ('notes.txt', b'notes')):
        path = write(folder, name, content)
        assert input_error(read_photograph, path).startswith(path + ': ')
    for path in (os.path.join(folder, 'absent.jpg'), folder):
        assert input_error(read_photograph, path).startswith(path + ': ')


def test_side_by_side_is_hole_painted_original():
    original = Image.new('RGB', (80, 64), 'green')
    row = side_by_side(original, paint_photograph(red, photograph(original)))
    assert row.size == (3 * 80 + 2 * 8, 64)
    assert [row.getpixel((left + 40, 32)) for left in (0, 88, 176)] == \
        [(0, 0, 0), (255, 0, 0), (0, 128, 0)]
    large = Image.new('RGB', (3000, 1500))
    assert side_by_side(large, large).size == (3 * 1024 + 2 * 8, 512)


@in_folder
def test_good_photographs_are_painted_beside_bad_ones(folder):
    model, output = save_model(folder), os.path.join(folder, 'new', 'painted')
    photos = [write(folder, 'first.png', encoded(noise(90, 120, 3))),
              write(folder, 'notes.jpg', b'notes'),
              write(folder, 'second.jpg', encoded(noise(64, 64), 'JPEG'))]
    status, printed, errors = run_script('inpaint.py', *photos, '--model', model,
                                         '--output', output)
    assert status == 1 and printed == ''
    assert [line for line in errors.splitlines() if 'error' in line] == \
        ['inpaint.py: error: {}: not a picture'.format(photos[1])], errors
    assert sorted(os.listdir(output)) == ['first-side-by-side.png', 'first.png',
                                          'second-side-by-side.png', 'second.png']
    assert Image.open(os.path.join(output, 'first.png')).size == (120, 90)


@in_folder
def test_a_model_that_cannot_be_used_leaves_nothing_behind(folder):
    photo = write(folder, 'photo.png', encoded(noise(64, 64, 3)))
    model = write(folder, 'model.npz', b'PK\3\4 and no more')
    output = os.path.join(folder, 'painted')
    status, _, errors = run_script('inpaint.py', photo, '--model', model, '--output', output)
    assert status == 1 and not os.path.exists(output)
    assert errors.startswith('inpaint.py: error: ' + model) and errors.count('\n') == 1, errors


@in_folder
def test_no_file_is_overwritten_by_another(folder):
    one = write(folder, 'one/photo.png', b'')
    two = write(folder, 'two/photo.jpg', b'')
    for photos, output in (([one, two], 'painted'), ([one, one], 'painted'), ([one], 'one')):
        output = os.path.join(folder, output)
        status, _, errors = run_script('inpaint.py', *photos, '--model', 'none.npz',
                                       '--output', output)
        assert status == 1 and errors.count('\n') == 1, errors
        assert os.path.join(output, 'photo.png') in errors
