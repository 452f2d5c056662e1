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
