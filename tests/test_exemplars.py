"""Completion by exemplars: what is continued, what is kept, and what is taken."""

from unittest.mock import patch

import numpy as np
from nose.tools import assert_in

from ift6266 import exemplars, patches
from ift6266.backends.cpu.library import cores, load
from ift6266.exemplars import complete
from tests.backends.cpu.support import require_kernels
from tests.support import input_error, noise


def texture(height, width, period=8):
    """(height, width, 3) uint8, noise that repeats itself."""
    tiles = height // period + 1, width // period + 1, 1
    return np.tile(noise(period, period, 3), tiles)[:height, :width]


def scene(height, width):
    """Something like a photograph: smooth shapes with grain."""
    rows, columns = np.mgrid[:height, :width] / 20
    waves = np.stack([np.sin(rows + columns), np.cos(rows), np.sin(columns)], axis=2)
    return (110 + 80 * waves + noise(height, width, 3) / 8).astype(np.uint8)


def grey(picture):
    return np.full_like(picture, 128)


def holes(height, width):
    """Some of many kinds, by name."""
    rows, columns = np.mgrid[:height, :width]
    return {
        'centre': (abs(rows - height // 2) < 10) & (abs(columns - width // 2) < 12),
        'corner': (rows < 15) & (columns >= width - 11),
        'edge': (rows >= height - 6) & (abs(columns - 30) < 9),
        'from edge to edge': abs(rows - 20) < 4,
        'disc and line': (np.hypot(rows - 20, columns - 20) < 9) | (rows == columns + 7),
        'a pixel': (rows == 17) & (columns == 23),
        'several': (rows % 24 < 5) & (columns % 20 < 6),
    }


def test_a_periodic_texture_is_continued_exactly():
    for side, hole_side in ((64, 32), (150, 90)):  # of one level and of two
        picture, hole = texture(side, side), np.zeros((side, side), bool)
        first = (side - hole_side) // 2
        hole[first : first + hole_side, first : first + hole_side] = True
        blank = np.where(hole[..., None], 0, picture)
        np.testing.assert_array_equal(complete(blank, hole, grey(picture)), picture)


def test_all_but_the_hole_stays_and_the_hole_resembles_the_rest():
    picture = scene(57, 70)
    for name, hole in holes(57, 70).items():
        painted = complete(np.where(hole[..., None], 255, picture), hole, picture)
        np.testing.assert_array_equal(painted[~hole], picture[~hole], err_msg=name)
        error = np.abs(painted[hole].astype(int) - picture[hole]).mean()
        assert error < 25, (name, error)


def test_the_guide_gives_the_large_shapes():
    red, blue = np.uint8([200, 30, 30]), np.uint8([30, 30, 200])
    picture, hole = np.empty((80, 80, 3), np.uint8), np.zeros((80, 80), bool)
    picture[:, :40], picture[:, 40:], hole[22:58, 22:58] = red, blue, True
    for colour in red, blue:
        painted = complete(picture, hole, np.where(hole[..., None], colour, picture))
        assert (painted[40, 24:56] == colour).all()


def test_nothing_is_taken_from_outside_the_source():
    picture, hole = scene(80, 100), np.zeros((80, 100), bool)
    hole[20:60, 40:60] = True
    source = np.ones((80, 100), bool)
    source[:, 66:] = False
    picture[~source] = (0, 255, 0)
    guide = np.where(hole[..., None], np.uint8([0, 255, 0]), picture)
    painted = complete(picture, hole, guide, source=source)[hole].astype(int)
    assert (painted[:, 1] - painted[:, 0]).max() < 200


def test_what_was_in_the_hole_does_not_matter():
    picture, hole = scene(60, 60), holes(60, 60)['centre']
    other = np.where(hole[..., None], noise(60, 60, 3), picture)
    guide = grey(picture)
    np.testing.assert_array_equal(complete(picture, hole, guide), complete(other, hole, guide))


def test_without_a_whole_patch_the_guide_stays():
    for size, first in (((6, 40), 3), ((40, 40), 6)):  # a narrow picture, a narrow source
        picture, hole = scene(*size), np.ones(size, bool)
        hole[:, :first] = False
        with patch.object(exemplars.logger, 'warning') as warning:
            painted = complete(picture, hole, grey(picture))
        assert (painted[hole] == 128).all()
        np.testing.assert_array_equal(painted[~hole], picture[~hole])
        assert warning.called


def test_a_seed_gives_the_same_bits_in_any_number_of_threads():
    require_kernels()
    picture, hole = scene(150, 170), np.zeros((150, 170), bool)
    hole[30:120, 40:130] = True
    guide = grey(picture)
    results = []
    try:
        for threads in (1, 2, 3, 5):
            load().use_threads(threads)
            results.append(complete(picture, hole, guide))
    finally:
        load().use_threads(cores())
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
    assert (complete(picture, hole, guide, seed=2) != results[0]).any()


def test_numpy_gives_the_same_bits():
    require_kernels()
    picture = scene(90, 81)
    for name in ('corner', 'disc and line'):
        hole = holes(90, 81)[name]
        expected = complete(picture, hole, grey(picture), seed=-3)
        with patch.object(exemplars, '_operations', lambda: patches):
            painted = complete(picture, hole, grey(picture), seed=-3)
        np.testing.assert_array_equal(painted, expected, err_msg=name)


def test_numpy_takes_over_where_kernels_cannot_run():
    from ift6266.backends.cpu import library

    with patch.object(library, 'load', side_effect=library.Unavailable('no compiler')):
        assert exemplars._operations.__wrapped__() is patches


def test_the_arguments_are_not_changed():
    picture, hole = scene(50, 50), holes(50, 50)['edge']
    guide, source = grey(picture), ~hole
    before = [array.copy() for array in (picture, hole, guide, source)]
    complete(picture, hole, guide, source=source)
    for array, copy in zip((picture, hole, guide, source), before):
        np.testing.assert_array_equal(array, copy)


def test_refusals():
    picture = scene(40, 50)
    hole, guide = np.zeros((40, 50), bool), grey(picture)
    assert_in('the hole is empty', input_error(complete, picture, hole, guide))
    hole[10:20, 10:20] = True
    for name, arguments in (
        ('picture', (picture / 255, hole, guide)),
        ('picture', (picture[..., 0], hole, guide)),
        ('hole', (picture, hole.T, guide)),
        ('hole', (picture, hole.astype(np.uint8), guide)),
        ('guide', (picture, hole, guide[1:])),
    ):
        assert_in(f'the {name} is', input_error(complete, *arguments))
    assert_in('the source is', input_error(complete, picture, hole, guide, source=hole[1:]))
