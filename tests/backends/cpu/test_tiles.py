"""Convolutions by tiles of bfloat16, which are emulated, against naive twins in float64.

Where the processor has tiles, they compute the same.
"""

import itertools
import os
import subprocess
import sys
import unittest

import numpy as np
import theano
from nose.tools import assert_equal

from ift6266.backends.cpu import bindings, library
from ift6266.backends.cpu.bindings import Geometry
from ift6266.backends.cpu.library import cores, load
from tests.backends.cpu.support import (
    EMULATED_TILES,
    NO_TILES,
    PROCESSOR_TILES,
    require_kernels,
    tiles,
)
from tests.backends.cpu.test_kernels import (
    AS_IN_THE_TABLES,
    PLAIN,
    Naive,
    assert_same_bits,
    random,
    rounded,
)
from tests.support import in_folder, write

# The largest relative errors: six products leave float32's own, three those of numbers of 16
# bits, one those of 8.
ERRORS = {'float32': 1e-6, 'nearly float32': 1e-5, 'bfloat16': 4e-3}

setup_module = require_kernels


class Case:
    """A convolution with random numbers, and its directions by the kernels and by the twin."""

    def __init__(self, x_shape, outputs, filter_size, geometry):
        self.naive = Naive(filter_size, geometry)
        self.geometry, self.filter_size = geometry, filter_size
        self.x, self.w = random(*x_shape), random(outputs, x_shape[3], *filter_size, seed=1)
        self.dy = random(x_shape[0], *self.naive.sizes(x_shape), outputs, seed=2)

    def results(self, precision):
        size = self.x.shape[1:3]
        return (
            bindings.convolve(self.x, self.w, self.geometry, precision=precision),
            bindings.convolve_backward_data(
                self.w, self.dy, self.geometry, size=size, precision=precision
            ),
            bindings.convolve_backward_weights(
                self.x, self.dy, self.geometry, filter_size=self.filter_size, precision=precision
            ),
        )

    def expected(self, rounded=np.asarray):
        x, w, dy = map(rounded, (self.x, self.w, self.dy))
        return (
            self.naive.forward(x, w),
            self.naive.backward_data(w, dy, x.shape[1:3]),
            self.naive.backward_weights(x, dy),
        )


def error(found, expected):
    """Relative to the whole, which may be zero where the filters see nothing but padding."""
    assert found.shape == expected.shape and found.dtype == np.float32
    return np.linalg.norm(found - expected) / (np.linalg.norm(expected) or 1)


def check(*arguments):
    case = Case(*arguments)
    expected = case.expected()
    with tiles(EMULATED_TILES):
        for precision, bound in ERRORS.items():
            errors = list(map(error, case.results(precision), expected))
            assert max(errors) < bound, (precision, errors)
        # Of rounded numbers every product is exact.
        errors = list(map(error, case.results('bfloat16'), case.expected(rounded)))
        assert max(errors) < ERRORS['float32'], errors


def test_convolutions_of_the_tables():
    for size, inputs, outputs in ((16, 3, 128), (8, 32, 64), (4, 64, 96), (4, 96, 3), (2, 96, 40)):
        yield (check, (32, size, size, inputs), outputs, (4, 4), AS_IN_THE_TABLES)
    yield check, (32, 2, 2, 128), 256, (2, 2), PLAIN


def test_convolutions_of_any_geometry():
    choice = np.random.RandomState(4)
    for batch, inputs, outputs in itertools.product((16, 17, 33), (3, 32, 40, 96), (16, 40, 96)):
        filter_size, stride = choice.randint(1, 5, 2), choice.randint(1, 4, 2)
        padding = choice.randint(0, 3, (2, 2))
        height, width = np.maximum(filter_size - padding.sum(1), 1) + choice.randint(0, 5, 2)
        yield (
            check,
            (batch, height, width, inputs),
            outputs,
            tuple(map(int, filter_size)),
            Geometry(
                tuple(map(int, stride)),
                tuple(tuple(map(int, pair)) for pair in padding),
                bool(choice.randint(2)),
            ),
        )


def by_tiles(case):
    """Which of the directions tiles are used for: their results have other bits."""
    with tiles(NO_TILES):
        expected = case.results('nearly float32')
    with tiles(EMULATED_TILES):
        return [
            (found != other).any() for found, other in zip(case.results('nearly float32'), expected)
        ]


def test_few_inputs():
    """All that a filter sees is gathered."""
    for flip in (False, True):
        arguments = (33, 7, 9, 3), 128, (5, 5), Geometry((2, 1), ((1, 2), (3, 0)), flip)
        yield check, *arguments
        assert by_tiles(Case(*arguments)) == [True, True, True]


def test_what_tiles_suit():
    """Batches of 16, and maps whose numbers are multiplied often."""
    for x_shape, outputs, expected in (
        ((16, 8, 8, 32), 64, 3 * [True]),
        ((15, 8, 8, 32), 64, 3 * [False]),
        ((32, 8, 8, 3), 32, [False, True, False]),
        ((32, 8, 8, 3), 128, 3 * [True]),
        ((32, 8, 8, 32), 8, [True, False, True]),
    ):
        assert by_tiles(Case(x_shape, outputs, (4, 4), AS_IN_THE_TABLES)) == expected, (
            x_shape,
            outputs,
        )


def test_tiles_are_emulated_in_tests_alone():
    assert load().use_tiles(PROCESSOR_TILES) in (0, 1, 2)
    case = Case((32, 4, 4, 32), 32, (2, 2), Geometry((1, 1), ((0, 0), (0, 0)), True))
    found = case.results('nearly float32')[0]
    which = EMULATED_TILES if load().use_tiles(PROCESSOR_TILES) == 0 else NO_TILES
    with tiles(which):
        expected = case.results('nearly float32')[0]
    assert error(found, expected) < ERRORS['float32'] and by_tiles(case)[0]


def test_the_processors_tiles():
    if load().use_tiles(PROCESSOR_TILES):
        raise unittest.SkipTest('there are no tiles (AMX)')
    for x_shape in ((32, 8, 8, 32), (17, 8, 8, 3)):
        case = Case(x_shape, 128, (4, 4), AS_IN_THE_TABLES)
        for precision in ERRORS:
            found = case.results(precision)
            with tiles(EMULATED_TILES):
                assert max(map(error, found, case.results(precision))) < ERRORS['float32']


# The choice of tiles, where a processor has some and there is no memory to try them.
NO_MEMORY = """
#include "{kernels}/tile_choice.cpp"
#include <new>
thread_local char error_text[256];
int thread_count;
bool tiles_granted() {{ return true; }}
void convolve_directly(Direction, const Problem &, float *, float *, float *)
{{
    throw std::bad_alloc();
}}
void convolve_by_tiles(Direction, const Problem &, int, float *, float *, float *, bool) {{}}
"""


@in_folder
def test_tiles_that_there_is_no_memory_to_try(folder):
    source = write(folder, 'choice.cpp', NO_MEMORY.format(kernels=library.KERNELS).encode())
    compiled = os.path.join(folder, 'choice.so')
    subprocess.check_call([
        theano.config.cxx,
        *library.FLAGS,
        '-D__AMX_BF16__',
        '-O0',
        '-shared',
        source,
        '-o',
        compiled,
    ])
    program = f'import ctypes; print(ctypes.CDLL({compiled!r}).use_tiles(1))'
    assert_equal(subprocess.check_output([sys.executable, '-c', program]), b'4\n')


def by_one(x, one, precision='float32'):
    """Numbers multiplied with one, a picture each."""
    assert len(x) >= 16
    maps, filters = np.zeros((len(x), 1, 1, 32), np.float32), np.zeros((48, 32, 1, 1), np.float32)
    maps[:, 0, 0, 0], filters[:, 0] = x, one
    with tiles(EMULATED_TILES):
        results = bindings.convolve(maps, filters, PLAIN, precision=precision)
    np.testing.assert_array_equal(results, results[..., :1].repeat(48, -1))
    return results[:, 0, 0, 0]


def test_three_parts_are_the_whole_number():
    x = np.concatenate([
        random(1000),
        random(1000) * np.float32(1e30),
        np.float32([0, 1e-30, 3.38e38, -3.38e38, 1 + 2**-23, 1 - 2**-24]),
    ])
    np.testing.assert_array_equal(by_one(x, 1), x)


def test_one_part_is_rounded_to_nearest_even():
    ties = np.arange(0x3F7F0000, 0x3F860000, 0x4000, np.uint32).view(np.float32)
    x = np.concatenate([ties, -ties, random(100), np.float32([3.4e38, np.inf, -np.inf])])
    np.testing.assert_array_equal(by_one(x, 1, 'bfloat16'), rounded(x))


def test_what_is_not_finite_stays_so():
    for wrong, precision in itertools.product((np.inf, -np.inf, np.nan), ERRORS):
        x = np.ones(20, np.float32)
        x[7] = wrong
        for one in (1, 1.1, -3):
            finite = np.isfinite(by_one(x, one, precision))
            assert not finite[7] and finite.sum() == 19


def test_the_same_bits_by_however_many_threads():
    case = Case((33, 16, 16, 32), 64, (4, 4), AS_IN_THE_TABLES)
    gathered = Case((32, 16, 16, 3), 128, (4, 4), AS_IN_THE_TABLES)

    def results(threads):
        load().use_threads(threads)
        return [*case.results('float32'), *gathered.results('bfloat16')]

    try:
        with tiles(EMULATED_TILES):
            for left, right in zip(results(1), results(3)):
                assert_same_bits(left, right)
    finally:
        load().use_threads(cores())
