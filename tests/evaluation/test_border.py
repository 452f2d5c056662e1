"""The pixels across the hole's border against a loop over the pairs that touch."""

import numpy as np

from ift6266.data.hole import split
from ift6266.evaluation.border import border_step, inside, outside


def pairs():
    """(row, column) within the hole's 64×64 picture and of its neighbour outside."""
    for place in range(16, 48):
        yield (16, place), (15, place)
        yield (47, place), (48, place)
        yield (place, 16), (place, 15)
        yield (place, 47), (place, 48)


def test_step_is_the_mean_over_the_pairs_that_touch():
    images = np.random.RandomState(1).uniform(size=(3, 3, 64, 64))
    context, target = split(images)
    expected = [
        np.mean([abs(image[(slice(None), *a)] - image[(slice(None), *b)]) for a, b in pairs()])
        for image in images
    ]
    np.testing.assert_allclose(border_step(context, target), expected, rtol=1e-12)


def test_inside_and_outside_have_the_same_order():
    row, column = np.mgrid[:64.0, :64]
    for coordinate in (row, column):
        context, target = split(coordinate)
        apart = abs(inside(target) - outside(context))
        assert apart.shape == (128,) and set(apart) == {0, 1} and apart.sum() == 64


def test_a_plain_picture_has_no_step_and_an_offset_is_one():
    context, target = split(np.full((2, 3, 64, 64), 0.25, np.float32))
    np.testing.assert_array_equal(border_step(context, target), [0, 0])
    np.testing.assert_array_equal(border_step(context, target + 0.5), [0.5, 0.5])
