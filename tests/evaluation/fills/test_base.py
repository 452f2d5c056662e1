"""All fills on holes of all kinds: what stays, what is read, what is refused."""

import numpy as np

from ift6266.evaluation.fills import FILLS, NEAREST, OPENCV, available_fills, way_of_painting
from ift6266.evaluation.fills.base import by_hole, surroundings
from tests.evaluation.support import all_kinds, noise_minibatch
from tests.support import input_error, noise


def check_fill(fill):
    holes = all_kinds()[[0, 1, 2, 0, 3]]
    batch = noise_minibatch(holes, np.float32)
    context, mask = batch['context'], batch['mask']
    before = context.copy()
    painted = fill(context, mask)
    np.testing.assert_array_equal(context, before)
    assert painted.dtype == np.float32 and painted.shape == context.shape
    assert painted.min() >= 0 and painted.max() <= 1 + 1e-6
    known = np.broadcast_to(mask == 0, context.shape)
    np.testing.assert_array_equal(painted[known], context[known])
    # What is in the holes is not read.
    np.testing.assert_array_equal(fill(batch['picture'], mask), painted)
    for row in range(len(holes)):
        alone = fill(context[row : row + 1], mask[row : row + 1])
        np.testing.assert_allclose(painted[row : row + 1], alone, atol=1e-6)


def test_fills():
    fills, _ = available_fills(noise(20, 3, 64, 64))
    assert set(FILLS) - set(OPENCV) <= set(fills) <= set(FILLS)
    for fill in fills.values():
        yield check_fill, fill


def test_a_whole_picture_is_refused():
    fills, _ = available_fills(noise(2, 3, 64, 64))
    for name, fill in fills.items():
        line = input_error(fill, np.zeros((2, 3, 64, 64)), np.ones((2, 1, 64, 64)))
        assert 'whole picture' in line, name


def test_pictures_with_equal_holes_are_filled_at_once():
    seen = []

    @by_hole
    def count(context, hole):
        """Docs."""
        seen.append((len(context), hole))
        return np.full((len(context), 3, hole.sum()), 0.5)

    holes = all_kinds()[[0, 2, 0, 2, 0]]
    batch = noise_minibatch(holes)
    painted = count(batch['context'], batch['mask'])
    assert [number for number, _ in seen] == [3, 2]
    for (_, hole), expected in zip(seen, holes):
        np.testing.assert_array_equal(hole, expected)
    np.testing.assert_array_equal(painted, np.where(batch['mask'], 0.5, batch['picture']))
    assert count.__doc__ == 'Docs.'


def test_as_a_way_of_painting():
    batch = noise_minibatch(all_kinds())
    fill = FILLS['border mean']
    np.testing.assert_array_equal(
        way_of_painting(fill)(batch), fill(batch['context'], batch['mask'])
    )


def test_the_nearest_neighbour_takes_training_pictures():
    fills, _ = available_fills()
    assert NEAREST not in fills


def test_surroundings_are_near_and_not_in_the_hole():
    for hole in all_kinds():
        rows, columns = np.nonzero(hole)
        for width in (1, 2):
            chosen = surroundings(hole, width)
            for row in range(64):
                for column in range(64):
                    away = np.maximum(abs(rows - row), abs(columns - column)).min()
                    assert chosen[row, column] == (0 < away <= width)
