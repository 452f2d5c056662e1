"""Masks of all kinds become holes, and what is none is refused with the reason."""

import os
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

from ift6266.masks import find_mask, read_mask, without_masks
from tests.support import encoded, in_folder, input_error, noise, write

SIZE = (90, 70)


def rectangle():
    hole = np.zeros(SIZE[::-1], bool)
    hole[10:30, 40:80] = True
    return hole


def picture(hole, colour=255, other=0):
    return Image.fromarray(np.where(hole, colour, other).astype(np.uint8))


@in_folder
def test_white_is_painted_in_pictures_of_all_kinds(folder):
    hole = rectangle()
    layer = Image.new('RGBA', SIZE, (0, 0, 0, 0))  # black strokes on a transparent layer
    layer.paste((0, 0, 0, 255), mask=picture(hole))
    deep = Image.fromarray(np.where(hole, 65535, 0).astype(np.uint16))
    for format, image, options in (
        ('PNG', picture(hole), {}),
        ('PNG', picture(hole).convert('1'), {}),
        ('WEBP', picture(hole).convert('RGB'), {'lossless': True}),
        ('GIF', picture(hole).convert('P'), {}),
        ('PNG', deep, {}),
        ('PNG', layer, {}),
        ('PNG', picture(hole).convert('RGBA'), {}),
        ('JPEG', picture(hole), {'quality': 95}),
        ('PNG', picture(hole, 128, 127), {}),
    ):
        name = f'{format} {image.mode}'
        path = write(folder, name, encoded(image, format, **options))
        np.testing.assert_array_equal(read_mask(path, SIZE), hole, name)
        np.testing.assert_array_equal(read_mask(path, SIZE, invert=True), ~hole, name)


@in_folder
def test_a_mask_is_turned_as_its_photograph_is(folder):
    exif = Image.Exif()
    exif[0x0112] = 3
    path = write(folder, 'mask.png', encoded(picture(rectangle()), exif=exif))
    np.testing.assert_array_equal(read_mask(path, SIZE), rectangle()[::-1, ::-1])


@in_folder
def test_a_mask_of_the_same_aspect_is_scaled_and_that_is_said(folder):
    path = write(folder, 'mask.png', encoded(picture(rectangle())))
    for width, height in ((180, 140), (181, 141), (900, 701)):
        with unittest.TestCase().assertLogs('ift6266.masks', 'INFO') as logs:
            hole = read_mask(path, (width, height))
        assert logs.records[0].getMessage() == (
            f'{path}: scaled from 90 x 70 to {width} x {height} pixels'
        )
        rows, columns = hole.any(axis=1).nonzero()[0], hole.any(axis=0).nonzero()[0]
        found = np.array([columns[0], columns[-1] + 1, rows[0], rows[-1] + 1])
        expected = np.array([40, 80, 10, 30]) * np.repeat([width / 90, height / 70], 2)
        assert hole.shape == (height, width) and np.abs(found - expected).max() <= 1


@in_folder
def test_what_is_no_mask_is_refused_with_the_reason(folder):
    whole, nothing = np.ones(SIZE[::-1], bool), np.zeros(SIZE[::-1], bool)
    for name, content, told in (
        ('empty.png', encoded(picture(nothing)), 'nothing in it is white'),
        ('whole.png', encoded(picture(whole)), 'nothing in it is black'),
        ('turned.png', encoded(picture(rectangle().T)), 'has another shape, 70 x 90 pixels'),
        ('wide.png', encoded(noise(70, 93)), 'has another shape'),
        ('notes.png', b'notes', 'no picture that can be read'),
        ('cut.png', encoded(noise(70, 90))[:-3000], 'truncated or damaged'),
    ):
        path = write(folder, name, content)
        reason = input_error(read_mask, path, SIZE)
        assert reason.startswith(path + ': ') and told in reason, reason
    path = os.path.join(folder, 'empty.png')
    assert 'nothing in it is white' in input_error(read_mask, path, SIZE, invert=True)
    absent = os.path.join(folder, 'absent.png')
    assert input_error(read_mask, absent, SIZE) == f'{absent}: no such file'


@in_folder
def test_masks_go_with_photographs_by_their_names(folder):
    beside, masks = Path(folder, 'photos'), Path(folder, 'masks')
    photo = Path(write(folder, 'photos/one.jpg', b''))
    reason = input_error(find_mask, photo, [masks, beside])
    assert reason.startswith(f'{photo}: has no mask') and 'one_mask.png' in reason
    own = Path(write(folder, 'photos/one_mask.png', b''))
    assert find_mask(photo, [masks, beside]) == own
    other = Path(write(folder, 'masks/one_mask.PNG', b''))
    assert find_mask(photo, [masks, beside]) == other
    write(folder, 'masks/one_mask.gif', b'')
    assert 'has several masks' in input_error(find_mask, photo, [masks, beside])


def test_masks_beside_photographs_are_no_photographs():
    names = ['a.jpg', 'a_mask.png', 'b_mask.png', 'x/a_mask.png', 'c.png', 'c_mask.jpg']
    paths = [Path(name) for name in names]
    kept = [str(path) for path in without_masks(paths)]
    assert kept == ['a.jpg', 'b_mask.png', 'x/a_mask.png', 'c.png']
