"""Blocks of JPEG files that a hole does not touch stay what they are, seen by Pillow's decoder."""

import io
import unittest
from unittest import mock

import numpy as np
from PIL import ExifTags, Image

from ift6266 import jpeg_blocks
from ift6266.photographs import decode_photograph
from tests.support import encoded
from tests.test_photographs import smooth


def setup_module():
    if not jpeg_blocks.available():
        raise unittest.SkipTest('TurboJPEG is not installed: apt install libturbojpeg0')


def photograph(height=112, width=144):
    """With grain, of which coding loses something each time."""
    grain = np.random.RandomState(0).normal(0, 12, (height, width, 3))
    return (smooth(height, width) + grain).clip(0, 255).astype(np.uint8)


def repainted(content):
    """The pixels before and after, and where the hole and blocks that it touches are far."""
    before = decode_photograph(content).image
    hole = np.zeros((before.height, before.width), bool)
    hole[35:50, 50:75] = hole[-5:, -3:] = True
    painted = Image.new('RGB', before.size, (90, 90, 90))
    content = decode_photograph(content).encode(painted, hole)
    after = np.asarray(decode_photograph(content).image, int)
    far = np.ones_like(hole)
    far[30:66, 46:82] = far[-20:, -20:] = False  # decoders blend the colours of blocks
    assert np.abs(after[38:47, 54:71] - (90, 90, 90)).max() < 40
    return np.asarray(before, int), after, far, content


def test_other_blocks_are_the_same_at_every_sampling():
    for image in (photograph(), photograph(105, 139), photograph()[..., 1]):
        for sampling in (0, 1, 2):
            for options in ({}, {'progressive': True}, {'quality': 97}, {'optimize': True}):
                content = encoded(image, 'JPEG', subsampling=sampling, **options)
                before, after, far, _ = repainted(content)
                np.testing.assert_array_equal(after[far], before[far], (sampling, options))


def test_a_turned_photograph_keeps_its_blocks_where_no_edge_cuts_them():
    """Decoders round the colours of blocks otherwise when these are turned."""
    exif = Image.Exif()
    for orientation in range(2, 9):
        exif[ExifTags.Base.Orientation] = orientation
        exact = encoded(photograph(), 'JPEG', subsampling=0, quality=97, exif=exif)
        before, after, far, content = repainted(exact)
        assert np.abs(after - before)[far].max() <= 3
        assert content.startswith(b'\xff\xd8\xff\xe0') and b'Exif' not in content[:100]
        # Coded again it would be other blocks: the sizes of both edges are cut.
        cut = encoded(photograph(105, 139), 'JPEG', subsampling=0, quality=97, exif=exif)
        before, after, far, _ = repainted(cut)
        assert after.shape == before.shape and np.abs(after - before)[far].mean() < 2


def test_what_is_turned_twice_is_what_it_was():
    """To the bit, for it is turned without decoding."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 3  # upside down
    data = exif.tobytes()
    segment = b'\xff\xe1' + (len(data) + 2).to_bytes(2, 'big') + data
    content = encoded(photograph(), 'JPEG', subsampling=0, exif=exif)
    once = repainted(content)[-1]
    twice = repainted(once[:2] + segment + once[2:])[-1]
    before, after = (np.asarray(Image.open(io.BytesIO(each))) for each in (content, twice))
    np.testing.assert_array_equal(after[:20, 90:], before[:20, 90:])  # far from the holes of both


def test_files_that_do_not_fit_are_coded_again():
    colours = Image.fromarray(photograph())
    for content in (
        encoded(colours, 'JPEG', keep_rgb=True),
        encoded(colours.convert('CMYK'), 'JPEG'),
    ):
        before, after, far, _ = repainted(content)
        assert np.abs(after - before)[far].mean() < 12


def test_without_the_library_files_are_coded_again_by_their_own_tables():
    with mock.patch.object(jpeg_blocks, 'available', return_value=False):
        content = encoded(photograph(), 'JPEG', subsampling=0, quality=90)
        before, after, far, new = repainted(content)
    assert 0 < np.abs(after - before)[far].mean() < 2
    tables = [Image.open(io.BytesIO(each)).quantization for each in (content, new)]
    assert tables[0] == tables[1]


def test_damage_is_no_crash():
    random = np.random.RandomState(2)
    whole = encoded(photograph(), 'JPEG')
    piece = encoded(photograph()[:64, :64], 'JPEG')
    hole = np.ones((64, 64), bool)
    for _ in range(200):
        content = np.frombuffer(whole, np.uint8).copy()
        content[random.randint(len(content), size=4)] = random.randint(256, size=4)
        content = content[: random.randint(600, len(content) + 1)].tobytes()
        try:
            made = jpeg_blocks.replaced(content, piece, hole, place=(32, 32), orientation=1)
        except Exception as error:  # of Pillow, which has read it before
            assert type(error).__module__.startswith(('PIL', 'builtins')), error
        else:
            assert made is None or made.startswith(b'\xff\xd8')
