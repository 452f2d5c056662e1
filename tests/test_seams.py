"""Seams: steps at the border of a hole go, and nothing else changes."""

import numpy as np

from ift6266.seams import even_out
from tests.support import noise


def hole_of(*boxes, shape=(60, 70)):
    hole = np.zeros(shape, bool)
    for top, bottom, left, right in boxes:
        hole[top:bottom, left:right] = True
    return hole


def evened(picture, painted, hole, width=8):
    filled = np.where(hole[..., np.newaxis], painted, picture)
    even_out(filled, painted, hole, width=width)
    return filled


def test_a_painting_that_fits_stays():
    pixels, hole = noise(60, 70, 3), hole_of((20, 40, 0, 30))
    painted = np.where(hole[..., np.newaxis], 255 - pixels, pixels)
    np.testing.assert_array_equal(evened(pixels, painted, hole), painted)


def test_an_even_step_falls_in_a_line():
    """By as much at each depth as is left of the width, where the border is straight."""
    picture, painted = np.full((60, 70, 3), 140, np.uint8), np.full((60, 70, 3), 100, np.uint8)
    filled = evened(picture, painted, hole_of((0, 60, 30, 70)), width=9)
    expected = np.rint(100 + 40 * (9 - np.arange(1, 9)) / 8)
    np.testing.assert_array_equal(filled[30, 30:38, 1], expected)
    assert (filled[:, 38:] == 100).all() and (filled[:, :30] == 140).all()


def test_outside_and_deep_inside_nothing_changes():
    picture, painted = noise(2, 60, 70, 3)
    hole = hole_of((5, 45, 10, 60), (50, 60, 0, 4))
    filled = evened(picture, painted, hole)
    np.testing.assert_array_equal(filled[~hole], picture[~hole])
    np.testing.assert_array_equal(filled[13:37, 18:52], painted[13:37, 18:52])
    assert (filled[hole] != painted[hole]).any()


def test_a_hole_without_a_border():
    picture, painted = noise(2, 20, 20, 3)
    everywhere = np.ones((20, 20), bool)
    np.testing.assert_array_equal(evened(picture, painted, everywhere), painted)
