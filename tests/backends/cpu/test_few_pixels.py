"""Convolutions with few pixels, as products of matrices."""

import contextlib
from unittest.mock import patch

import numpy as np
from nose.tools import assert_equal

from ift6266.backends.cpu import few_pixels
from ift6266.backends.cpu.bindings import Geometry
from tests.backends.cpu.support import require_kernels
from tests.backends.cpu.test_kernels import AS_IN_THE_TABLES, Naive, convolutions, random

setup_module = require_kernels

EVERYWHERE = {'MANY_WEIGHTS': 0, 'FEW_PIXELS': 10**6, 'OUTPUTS_PER_PIXEL': 0}
VALID = Geometry((1, 1), ((0, 0), (0, 0)), True)


@contextlib.contextmanager
def calls():
    """A list of the functions that are called in this context, by their numbers."""
    made = []

    def counted(number, function):
        def call(*arguments):
            made.append(number)
            function(*arguments)

        return call

    functions = [counted(*pair) for pair in enumerate(few_pixels.FUNCTIONS)]
    with patch.object(few_pixels, 'FUNCTIONS', functions):
        yield made


def arrays(x_shape, outputs, filter_size, geometry):
    """x, filters and dy."""
    sizes = geometry.output_size(x_shape[1:3], filter_size)
    return (
        random(*x_shape),
        random(outputs, x_shape[3], *filter_size, seed=1),
        random(x_shape[0], *sizes, outputs, seed=2),
    )


def check(x_shape, outputs, filter_size, geometry):
    x, w, dy = arrays(x_shape, outputs, filter_size, geometry)
    naive = Naive(filter_size, geometry)
    expected = (
        naive.forward(x, w),
        naive.backward_data(w, dy, x.shape[1:3]),
        naive.backward_weights(x, dy),
    )
    with patch.multiple(few_pixels, **EVERYWHERE), calls() as made:
        found = convolutions(x, w, dy, geometry)
    assert_equal(made, [0, 1] + [2] * (dy[..., 0].size > 1))
    for left, right in zip(found, expected):
        assert left.shape == right.shape and left.dtype == np.float32
        assert np.linalg.norm(left - right) < 2e-6 * max(np.linalg.norm(right), 1e-30)


def test_any_geometry():
    choice = np.random.RandomState(3)
    for _ in range(40):
        filter_size = tuple(map(int, choice.randint(1, 6, 2)))
        padding = choice.randint(0, 3, (2, 2))
        height, width = np.maximum(filter_size - padding.sum(1), 1) + choice.randint(0, 5, 2)
        batch, inputs, outputs = map(int, choice.choice([1, 2, 3, 5, 8, 17], 3))
        yield (
            check,
            (batch, int(height), int(width), inputs),
            outputs,
            filter_size,
            Geometry(
                tuple(map(int, choice.randint(1, 4, 2))),
                tuple(tuple(map(int, pair)) for pair in padding),
                bool(choice.randint(2)),
            ),
        )


def test_where_it_is_done():
    """With many weights and few pixels; filters of one picture are left to the kernels."""
    for x_shape, outputs, geometry, numbers in (
        ((64, 4, 4, 64), 512, VALID, [0, 1, 2]),
        ((1, 2, 2, 128), 512, AS_IN_THE_TABLES, [0, 1]),
        ((1, 8, 8, 128), 512, AS_IN_THE_TABLES, [0, 1, 2]),
        ((32, 8, 8, 96), 128, AS_IN_THE_TABLES, []),
        ((32, 8, 8, 128), 512, AS_IN_THE_TABLES, []),
    ):
        with calls() as made:
            convolutions(*arrays(x_shape, outputs, (4, 4), geometry), geometry)
        assert_equal(made, numbers)
