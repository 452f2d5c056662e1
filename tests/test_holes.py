"""Geometry of the hole."""

import numpy

from ift6266.data import hole
from tests.support import noise


def test_context_and_target_are_the_picture_cut_in_two():
    images = noise(2, 3, 64, 64) | 1
    context, target = hole.split(images)
    numpy.testing.assert_array_equal(target, images[:, :, 16:48, 16:48])
    inside = numpy.zeros((64, 64), bool)
    inside[16:48, 16:48] = True
    assert not context[:, :, inside].any()
    numpy.testing.assert_array_equal(context[:, :, ~inside], images[:, :, ~inside])


def test_fill_undoes_split_and_copies():
    images = noise(2, 3, 64, 64)
    context, target = hole.split(images)
    before = context.copy()
    numpy.testing.assert_array_equal(hole.fill(context, target), images)
    numpy.testing.assert_array_equal(context, before)


def test_surroundings_are_a_frame_around_the_hole():
    for width in (1, 2, 16):
        chosen = hole.surroundings(width)
        for row in range(64):
            for column in range(64):
                away = max(16 - row, row - 47, 16 - column, column - 47)
                assert chosen[row, column] == (0 < away <= width)
    assert hole.surroundings().sum() == 64 * 64 - 32 * 32
