"""Winograd's minimal filtering, also where it is slower than other kernels."""

import itertools
from contextlib import contextmanager

import numpy as np

from ift6266.backends.cpu import bindings
from ift6266.backends.cpu.bindings import Geometry
from ift6266.backends.cpu.library import cores
from tests.backends.cpu.support import NO_TILES, PROCESSOR_TILES, require_kernels
from tests.backends.cpu.test_kernels import (
    AS_IN_THE_TABLES,
    Naive,
    assert_same_bits,
    convolutions,
    random,
)

WHERE_IT_PAYS, EVERYWHERE, NOWHERE = 0, 1, -1
# The stride of each size of filters, and the geometry as in the tables, or that keeps maps' sizes.
STRIDES = {4: 2, 3: 1, 5: 1}
USUAL = {
    4: AS_IN_THE_TABLES,
    3: Geometry((1, 1), ((1, 1), (1, 1)), True),
    5: Geometry((1, 1), ((2, 2), (2, 2)), True),
}


@contextmanager
def winograd(where):
    bindings._library().use_winograd(where)
    try:
        yield
    finally:
        bindings._library().use_winograd(WHERE_IT_PAYS)


def setup_module():
    require_kernels()
    bindings._library().use_tiles(NO_TILES)  # processors that have them filter little
    bindings._library().use_winograd(EVERYWHERE)


def teardown_module():
    bindings._library().use_tiles(PROCESSOR_TILES)
    bindings._library().use_winograd(WHERE_IT_PAYS)


def arrays(x_shape, outputs, taps, geometry, *, seed=0):
    """x, filters and dy."""
    sizes = Naive((taps, taps), geometry).sizes(x_shape)
    return (
        random(*x_shape, seed=seed),
        random(outputs, x_shape[3], taps, taps, seed=seed + 1),
        random(x_shape[0], *sizes, outputs, seed=seed + 2),
    )


def exact(x, w, dy, geometry):
    naive = Naive(w.shape[2:], geometry)
    return (
        naive.forward(x, w),
        naive.backward_data(w, dy, x.shape[1:3]),
        naive.backward_weights(x, dy),
    )


def errors(found, expected):
    """L2-relative."""
    for left, right in zip(found, expected):
        assert left.shape == right.shape and left.dtype == np.float32
    return [
        np.linalg.norm(left - right) / max(np.linalg.norm(right), 1e-30)
        for left, right in zip(found, expected)
    ]


def check(x_shape, outputs, taps, geometry):
    inputs = (*arrays(x_shape, outputs, taps, geometry), geometry)
    assert max(errors(convolutions(*inputs), exact(*inputs))) < 2e-6


def test_any_sizes():
    """Odd ones, channels that fill no vector, paddings that differ, filters turned and not."""
    choice = np.random.RandomState(5)
    for taps in 60 * list(STRIDES):
        padding = choice.randint(0, 4, (2, 2))
        height, width = np.maximum(taps - padding.sum(1), 1) + choice.randint(0, 10, 2)
        batch, inputs, outputs = choice.choice([1, 2, 3, 5, 8, 16, 17, 33], 3)
        yield (
            check,
            (batch, height, width, inputs),
            outputs,
            taps,
            Geometry(
                2 * (STRIDES[taps],),
                tuple(tuple(map(int, pair)) for pair in padding),
                bool(choice.randint(2)),
            ),
        )


def test_several_groups_of_tiles():
    """More tiles and channels than the cache holds at a time; pictures divided and not."""
    for batch, size, inputs, outputs in ((1, 40, 32, 24), (9, 10, 96, 128), (2, 31, 200, 20)):
        for taps, geometry in USUAL.items():
            yield check, (batch, size, size, inputs), outputs, taps, geometry


def test_errors_are_of_the_class_of_sums():
    for (size, inputs, outputs), (taps, geometry) in itertools.product(
        ((16, 32, 64), (8, 64, 96), (4, 96, 128)), USUAL.items()
    ):
        inputs = (*arrays((8, size, size, inputs), outputs, taps, geometry), geometry)
        expected, found = exact(*inputs), convolutions(*inputs)
        with winograd(NOWHERE):
            plain = convolutions(*inputs)
        for error, other in zip(errors(found, expected), errors(plain, expected)):
            assert error < 3.5 * other, (error, other)


def test_it_is_done():
    """Other sums in between make other bits, where it pays and it alone."""
    for (batch, differs), (taps, geometry) in itertools.product(
        ((32, True), (1, False)), USUAL.items()
    ):
        size = 8 * STRIDES[taps]
        inputs = (*arrays((batch, size, size, 32), 64, taps, geometry), geometry)
        with winograd(WHERE_IT_PAYS):
            found = convolutions(*inputs)
        with winograd(NOWHERE):
            for left, right in zip(found, convolutions(*inputs)):
                assert (left != right).any() == differs


def test_nothing():
    for taps, geometry in USUAL.items():
        x, w, dy = arrays((0, 8, 8, 3), 5, taps, geometry)
        y, dx, dw = convolutions(x, w, dy, geometry)
        size = 8 // STRIDES[taps]
        assert y.shape == (0, size, size, 5) and dx.shape == x.shape
        assert dw.shape == w.shape and (dw == 0).all()


def test_what_no_filter_reached_has_no_gradient():
    geometry = Geometry((2, 2), ((0, 0), (0, 0)), False)
    _, dx, _ = convolutions(*arrays((3, 7, 9, 5), 6, 4, geometry), geometry)
    assert (dx[:, 6] == 0).all() and (dx[:, :, 8] == 0).all()
    assert (dx[:, :6, :8] != 0).all()


def test_the_same_bits_twice_and_with_other_threads():
    for (batch, size, inputs, outputs), (taps, geometry) in itertools.product(
        ((32, 16, 32, 64), (1, 32, 32, 64), (33, 8, 20, 36)), USUAL.items()
    ):
        inputs = (*arrays((batch, size, size, inputs), outputs, taps, geometry), geometry)
        first = convolutions(*inputs)
        try:
            for count, _ in itertools.product((1, 2, 5), range(2)):
                bindings._library().use_threads(count)
                for left, right in zip(first, convolutions(*inputs)):
                    assert_same_bits(left, right)
        finally:
            bindings._library().use_threads(cores())
