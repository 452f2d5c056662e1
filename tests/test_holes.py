"""Holes: where they are, what the seed decides, how large they get; cutting and filling them."""

from unittest.mock import Mock, patch

import numpy
from nose.tools import assert_equal
from PIL import Image
from scipy.ndimage import label

from ift6266 import holes
from tests.support import noise

DRAWN = 500  # holes of a kind, for what must hold of all


def drawn(name, number=DRAWN):
    return [holes.HOLES[name](numpy.random.RandomState(seed)) for seed in range(number)]


def test_all_are_masks_that_the_seed_decides():
    for name in holes.HOLES:
        first, again = drawn(name, 20), drawn(name, 20)
        for hole, same in zip(first, again):
            assert_equal((hole.shape, hole.dtype), ((64, 64), bool))
            assert hole.any() and not hole.all()
            numpy.testing.assert_array_equal(hole, same)
        if name in ('rectangles', 'strokes'):
            assert_equal(len({hole.tobytes() for hole in first}), 20)


def test_the_centre():
    hole = holes.centre()
    for row in range(64):
        for column in range(64):
            assert_equal(hole[row, column], 16 <= row < 48 and 16 <= column < 48)


def test_anywhere():
    """Half of the holes are the centre, a quarter rectangles, and the others strokes."""
    middle = holes.centre()
    others = [hole for hole in drawn('anywhere') if (hole != middle).any()]
    assert abs(len(others) / DRAWN - 1 / 2) < 0.1
    rectangles = [hole for hole in others if (hole == numpy.outer(hole.any(1), hole.any(0))).all()]
    assert abs(len(rectangles) / DRAWN - 1 / 4) < 0.1


def test_rectangles():
    """Each side of 16 to 40 pixels, and each such side; on average 19 % of the picture."""
    sides, shares, covered = set(), [], numpy.zeros((64, 64), bool)
    for hole in drawn('rectangles'):
        rows, columns = hole.any(1), hole.any(0)
        numpy.testing.assert_array_equal(hole, numpy.outer(rows, columns))
        assert_equal(label(rows)[1], 1)
        assert_equal(label(columns)[1], 1)
        sides |= {rows.sum(), columns.sum()}
        covered |= hole
        shares.append(hole.mean())
    assert_equal(sides, set(range(16, 41)))
    assert abs(numpy.mean(shares) - 0.19) < 0.02
    assert covered.any(0).all() and covered.any(1).all()  # it may be anywhere


def test_lines_of_strokes():
    """One to four of four to eight segments, 4 to 10 pixels wide, and all these numbers occur."""
    draw = Mock()
    with patch('ift6266.holes.ImageDraw.Draw', return_value=draw):
        numbers = set()
        for seed in range(DRAWN):
            before = draw.line.call_count
            holes.strokes(numpy.random.RandomState(seed))
            numbers.add(draw.line.call_count - before)
    assert_equal(numbers, set(range(1, 5)))
    assert_equal({call[1]['width'] for call in draw.line.call_args_list}, set(range(4, 11)))
    lines = [numpy.array(call[0][0]) for call in draw.line.call_args_list]
    assert_equal({len(line) - 1 for line in lines}, set(range(4, 9)))
    for line in lines:
        assert (line >= 0).all() and (line < 64).all()


def test_strokes():
    """Four pieces at most, which cover 13 % of the picture on average."""
    shares = []
    for hole in drawn('strokes'):
        _, pieces = label(hole, numpy.ones((3, 3)))
        assert 1 <= pieces <= 4
        shares.append(hole.mean())
    assert abs(numpy.mean(shares) - 0.13) < 0.02 and max(shares) < 0.5


def test_cut():
    images = noise(2, 3, 64, 64) | 1
    before = images.copy()
    for given in (holes.centre(), numpy.stack(drawn('rectangles', 2))):
        cut = holes.cut(images, given)
        assert_equal((cut.shape, cut.dtype), (images.shape, images.dtype))
        for picture, expected, hole in zip(cut, images, numpy.broadcast_to(given, (2, 64, 64))):
            assert not picture[:, hole].any()
            numpy.testing.assert_array_equal(picture[:, ~hole], expected[:, ~hole])
    numpy.testing.assert_array_equal(images, before)


def test_fill_undoes_a_cut_of_the_centre_and_copies():
    images = noise(2, 3, 64, 64)
    context = holes.cut(images, holes.centre())
    before = context.copy()
    centres = images[:, :, 16:48, 16:48]
    numpy.testing.assert_array_equal(holes.fill(context, centres), images)
    numpy.testing.assert_array_equal(context, before)
    numpy.testing.assert_array_equal(images[holes.CENTRE], centres)


def test_holes_of_photographs_cover_their_share():
    for shape in (90, 130), (400, 64), (64, 64):
        for share in 0.05, 0.1, 0.25:
            for seed in range(5):
                rectangle = holes.rectangle_of_share(shape, share, numpy.random.RandomState(seed))
                rows, columns = (numpy.flatnonzero(rectangle.any(axis=axis)) for axis in (1, 0))
                assert rectangle[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
                numpy.testing.assert_allclose(rectangle.mean(), share, rtol=0.1)
                strokes = holes.strokes_of_share(shape, share, numpy.random.RandomState(seed))
                assert strokes.shape == shape and share <= strokes.mean() < share + 0.5


def test_strokes_of_photographs_are_those_of_small_pictures_enlarged():
    small, large = Image.new('L', (64, 64)), Image.new('L', (320, 320))
    for image in small, large:
        holes.draw_stroke(image, numpy.random.RandomState(3))
    scaled = large.reduce(5).point(lambda value: value > 0)
    difference = numpy.asarray(scaled) != numpy.asarray(small)
    assert difference.sum() < 0.25 * numpy.asarray(small).sum()
