"""Each kernel against a naive twin in NumPy and float64."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from nose.tools import assert_equal, assert_in, assert_raises, assert_raises_regex

from ift6266.backends.cpu import bindings
from ift6266.backends.cpu.bindings import Geometry
from ift6266.backends.cpu.library import cores
from tests.backends.cpu.support import NO_TILES, require_kernels, tiles

setup_module = require_kernels


def random(*shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype(np.float32)


def assert_near(found, expected, scale=1):
    """Of float32's class: as near as some thousand roundings leave a sum of such numbers."""
    assert found.shape == expected.shape, (found.shape, expected.shape)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5 * scale)


# Convolution

PLAIN = Geometry((1, 1), ((0, 0), (0, 0)), False)
AS_IN_THE_TABLES = Geometry((2, 2), ((1, 1), (1, 1)), True)


class Naive:
    """The three directions of a convolution, a multiplication of matrices for each filter tap."""

    def __init__(self, filter_size, geometry):
        self.filter_size, self.geometry = filter_size, geometry

    def sizes(self, x_shape):
        return [
            (size + sum(padding) - taps) // step + 1
            for size, padding, taps, step in zip(
                x_shape[1:3], self.geometry.padding, self.filter_size, self.geometry.stride
            )
        ]

    def taps(self, padded, sizes):
        """For each tap its place in the filters, and what it sees of the padded feature maps."""
        for row, column in itertools.product(*map(range, self.filter_size)):
            seen = padded[:, row :: self.geometry.stride[0], column :: self.geometry.stride[1]]
            place = (self.filter_size[0] - 1 - row, self.filter_size[1] - 1 - column)
            yield place if self.geometry.flip else (row, column), seen[:, : sizes[0], : sizes[1]]

    def pad(self, x):
        return np.pad(x.astype(np.float64), [(0, 0), *self.geometry.padding, (0, 0)])

    def forward(self, x, w):
        return sum(
            seen @ w[:, :, row, column].T.astype(np.float64)
            for (row, column), seen in self.taps(self.pad(x), self.sizes(x.shape))
        )

    def backward_data(self, w, dy, size):
        padded = self.pad(np.zeros((len(dy), *size, w.shape[1])))
        for (row, column), seen in self.taps(padded, dy.shape[1:3]):
            seen += dy.astype(np.float64) @ w[:, :, row, column]
        (top, _), (left, _) = self.geometry.padding
        return padded[:, top : top + size[0], left : left + size[1]]

    def backward_weights(self, x, dy):
        dw = np.zeros((dy.shape[3], x.shape[3], *self.filter_size))
        for (row, column), seen in self.taps(self.pad(x), dy.shape[1:3]):
            dw[:, :, row, column] = np.einsum('nhwi,nhwo->oi', seen, dy.astype(np.float64))
        return dw


def rounded(array):
    """To bfloat16: the upper half of the bits, to nearest, ties to even."""
    bits = array.view(np.uint32).astype(np.uint64)
    nearest = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    return nearest.astype(np.uint32).view(np.float32)


def check_convolution(x_shape, outputs, filter_size, geometry):
    naive = Naive(filter_size, geometry)
    x, w = random(*x_shape), random(outputs, x_shape[3], *filter_size, seed=1)
    dy = random(x_shape[0], *naive.sizes(x_shape), outputs, seed=2)
    assert_near(bindings.convolve(x, w, geometry), naive.forward(x, w), 10)
    assert_near(
        bindings.convolve_backward_data(w, dy, geometry, size=x_shape[1:3]),
        naive.backward_data(w, dy, x_shape[1:3]),
        10,
    )
    assert_near(
        bindings.convolve_backward_weights(x, dy, geometry, filter_size=filter_size),
        naive.backward_weights(x, dy),
        30,
    )


def test_convolutions_of_the_tables():
    for batch, (size, inputs, outputs) in itertools.product(
        (1, 7, 33), ((64, 3, 8), (16, 32, 64), (8, 64, 96), (4, 128, 256), (2, 128, 556))
    ):
        yield (check_convolution, (batch, size, size, inputs), outputs, (4, 4), AS_IN_THE_TABLES)
    geometry = Geometry((1, 1), ((0, 0), (0, 0)), False)
    yield check_convolution, (32, 2, 2, 128), 256, (2, 2), geometry


def test_convolutions_of_any_geometry():
    choice = np.random.RandomState(3)
    for _ in range(60):
        filter_size, stride = choice.randint(1, 6, 2), choice.randint(1, 4, 2)
        padding = choice.randint(0, 4, (2, 2))
        height, width = np.maximum(filter_size - padding.sum(1), 1) + choice.randint(0, 8, 2)
        batch, inputs, outputs = choice.choice([1, 2, 3, 5, 8, 17, 32], 3)
        yield (
            check_convolution,
            (batch, height, width, inputs),
            outputs,
            tuple(map(int, filter_size)),
            Geometry(
                tuple(map(int, stride)),
                tuple(tuple(map(int, pair)) for pair in padding),
                bool(choice.randint(2)),
            ),
        )


def test_convolutions_with_few_outputs():
    """Taps in a row of the filter are computed together, in every stride and order."""
    choice = np.random.RandomState(2)
    for _ in range(40):
        filter_size = tuple(map(int, choice.randint(1, 6, 2)))
        padding = choice.randint(0, 4, (2, 2))
        size = np.maximum(filter_size - padding.sum(1), 1) + choice.randint(0, 10, 2)
        batch, inputs, outputs = choice.choice([1, 2, 3]), choice.choice([16, 33]), choice.choice(4)
        yield (
            check_convolution,
            (int(batch), *map(int, size), int(inputs)),
            int(outputs) + 1,
            filter_size,
            Geometry(
                tuple(map(int, choice.randint(1, 4, 2))),
                tuple(tuple(map(int, pair)) for pair in padding),
                bool(choice.randint(2)),
            ),
        )


def test_convolutions_with_few_pixels():
    """The filters are multiplied as they lie in memory: whole pictures, pixels that see little."""
    for x_shape, outputs, taps, (stride, pad) in (
        ((64, 4, 4, 64), 512, 4, (1, 0)),
        ((1, 2, 2, 128), 512, 4, (2, 1)),
        ((1, 7, 6, 128), 515, 4, (2, 1)),
        ((33, 3, 3, 224), 301, 3, (1, 0)),
        ((3, 4, 4, 256), 260, 3, (1, 1)),
        ((1, 1, 1, 2048), 301, 1, (1, 0)),
    ):
        for flip in (False, True):
            geometry = Geometry((stride, stride), 2 * ((pad, pad),), flip)
            yield check_convolution, x_shape, outputs, (taps, taps), geometry


def test_convolutions_in_bfloat16():
    """They are those of rounded numbers."""
    for batch, inputs, outputs in ((2, 5, 9), (17, 32, 3)):
        x, w = random(batch, 6, 7, inputs), random(outputs, inputs, 3, 2, seed=1)
        geometry = Geometry((2, 1), ((1, 0), (1, 1)), True)
        dy = random(*bindings.convolve(x, w, geometry).shape, seed=2)
        for function, left, right, others in (
            (bindings.convolve, x, w, {}),
            (bindings.convolve_backward_data, w, dy, {'size': (6, 7)}),
            (bindings.convolve_backward_weights, x, dy, {'filter_size': (3, 2)}),
        ):
            found = function(left, right, geometry, **others, precision='bfloat16')
            expected = function(rounded(left), rounded(right), geometry, **others)
            assert_near(found, expected, 30)


def test_rounding_to_bfloat16():
    """Bit by bit, ties, infinities and the largest numbers included."""
    ties = np.arange(0x3F7F0000, 0x3F860000, 0x4000, np.uint32).view(np.float32)
    x = np.concatenate([
        ties,
        -ties,
        random(1000),
        np.float32([0, -0.0, 3.3895314e38, 3.4e38, np.inf, -np.inf]),
    ]).reshape(-1, 1, 1, 1)
    one = np.ones((1, 1, 1, 1), np.float32)
    with tiles(NO_TILES):
        found = bindings.convolve(x, one, PLAIN, precision='bfloat16')
        np.testing.assert_array_equal(found, rounded(x))
        nan = bindings.convolve(np.nan * one, one, PLAIN, precision='bfloat16')
        assert np.isnan(nan)


def test_what_no_filter_reached_has_no_gradient():
    dx = bindings.convolve_backward_data(
        random(8, 3, 2, 2),
        random(2, 2, 2, 8),
        Geometry((3, 3), ((0, 0), (0, 0)), False),
        size=(7, 7),
    )
    unreached = [2, 5, 6]
    assert (dx[:, unreached] == 0).all() and (dx[:, :, unreached] == 0).all()
    assert (dx[:, [0, 1, 3, 4]][:, :, [0, 1, 3, 4]] != 0).all()


def test_convolutions_of_nothing():
    geometry, w = AS_IN_THE_TABLES, random(5, 3, 4, 4)
    nothing, y_nothing = random(0, 8, 8, 3), random(0, 4, 4, 5)
    assert bindings.convolve(nothing, w, geometry).shape == (0, 4, 4, 5)
    dx = bindings.convolve_backward_data(w, y_nothing, geometry, size=(8, 8))
    assert dx.shape == (0, 8, 8, 3)
    dw = bindings.convolve_backward_weights(nothing, y_nothing, geometry, filter_size=(4, 4))
    assert dw.shape == w.shape and (dw == 0).all()


def test_filters_that_change_in_place():
    """Packed filters are kept from one call to the next, but not for other filters."""
    x, dy, w = random(3, 9, 9, 4), random(3, 7, 7, 6), random(6, 4, 3, 3)
    changes = (
        lambda: None,
        lambda: w.__imul__(-3),
        lambda: w[-1, -1, -1].__setitem__(-1, 7),
        lambda: w[0, 0, 0].__setitem__(0, 7),
    )
    for change, flip in itertools.product(changes, (False, True)):
        change()
        geometry = replace(PLAIN, flip=flip)
        naive = Naive((3, 3), geometry)
        assert_near(bindings.convolve(x, w, geometry), naive.forward(x, w), 10)
        assert_near(
            bindings.convolve_backward_data(w, dy, geometry, size=(9, 9)),
            naive.backward_data(w, dy, (9, 9)),
            10,
        )


def test_more_filters_than_are_kept():
    x, many = random(2, 5, 5, 3), [random(4, 3, 2, 2, seed=seed) for seed in range(100)]
    naive = Naive((2, 2), PLAIN)
    for w in many + many[::-1]:
        assert_near(bindings.convolve(x, w, PLAIN), naive.forward(x, w), 10)


def test_the_same_filters_of_another_shape():
    numbers = random(36)
    for shape in ((4, 1, 3, 3), (1, 4, 3, 3), (9, 1, 2, 2), (1, 9, 2, 2), (3, 3, 2, 2)):
        w, x = numbers.reshape(shape), random(2, 5, 5, shape[1])
        expected = Naive(shape[2:], PLAIN).forward(x, w)
        assert_near(bindings.convolve(x, w, PLAIN), expected, 10)


def test_arrays_that_do_not_fit():
    x, w = random(2, 5, 5, 3), random(4, 3, 3, 3)
    for wrong_x, wrong_w, words in (
        (x, random(4, 2, 3, 3), 'do not fit'),
        (x[0], w, 'four axes'),
        (x.astype(float), w, 'float32'),
        (x[::-1], w, 'contiguous'),
    ):
        with assert_raises_regex(ValueError, words):
            bindings.convolve(wrong_x, wrong_w, PLAIN)
    for wrong_dy in (random(3, 3, 3, 4), random(2, 4, 3, 4), random(2, 3, 2, 4)):
        with assert_raises_regex(ValueError, 'do not fit'):
            bindings.convolve_backward_weights(x, wrong_dy, PLAIN, filter_size=(3, 3))


def test_threads_at_once():
    """Of the same shape and of others."""

    def work(number):
        channels = 3 + number % 4
        x, w = random(4, 9, 9, channels, seed=number), random(5, channels, 3, 3, seed=number)
        y = bindings.convolve(x, w, geometry)
        scale = np.ones(5, np.float32)
        return x, w, y, bindings.normalize(y, scale, scale, epsilon=1e-4, slope=0)[0]

    geometry = Geometry((2, 1), ((1, 1), (1, 0)), True)
    with ThreadPoolExecutor(4) as threads:
        for x, w, y, normal in threads.map(work, range(80)):
            expected = Naive((3, 3), geometry).forward(x, w)
            assert_near(y, expected, 10)
            assert_near(normal, np.maximum(normalized(expected) + 1, 0))


def test_the_same_bits_twice():
    x, w, dy = random(32, 16, 16, 32), random(64, 32, 4, 4), random(32, 8, 8, 64)
    scale = np.ones(32, np.float32)

    def results():
        y, mean, inv_std = bindings.normalize(x, scale, scale, epsilon=1e-4, slope=0)
        return (
            *convolutions(x, w, dy, AS_IN_THE_TABLES),
            *(y, mean, inv_std),
            *bindings.normalize_backward(
                x, y, None, scale=scale, bias=scale, mean=mean, inv_std=inv_std, slope=0
            ),
        )

    for left, right in zip(results(), results()):
        assert_same_bits(left, right)


def convolutions(x, w, dy, geometry):
    """The three directions."""
    return (
        bindings.convolve(x, w, geometry),
        bindings.convolve_backward_data(w, dy, geometry, size=x.shape[1:3]),
        bindings.convolve_backward_weights(x, dy, geometry, filter_size=w.shape[2:]),
    )


def test_the_same_bits_with_other_threads():
    """Convolutions sum in the same order by however many threads; normalization does not."""
    x, w, dy = random(8, 32, 32, 3), random(32, 3, 4, 4), random(8, 16, 16, 32)

    def results(count):
        bindings._library().use_threads(count)
        return convolutions(x, w, dy, AS_IN_THE_TABLES)

    try:
        for left, right in zip(results(1), results(3)):
            assert_same_bits(left, right)
    finally:
        bindings._library().use_threads(cores())


def assert_same_bits(left, right):
    assert left.tobytes() == right.tobytes()


# Arguments, as the functions of the library see them


def functions():
    """Each function that takes arrays, arguments that fit it, and which of them it writes."""
    library = bindings._library()
    x, w, y, channels = random(2, 5, 5, 3), random(4, 3, 3, 3), random(2, 3, 3, 4), random(3)
    pooled, enlarged = random(2, 2, 2, 3), random(2, 4, 4, 3)
    convolved = x, w, y, 1, 1, 0, 0, 0, 0, False, 0

    def adam(*arrays):
        return library.adam(*((array,) for array in arrays), 0.1, 0.5, 0.999, 1e-8, 1)

    return (
        (library.convolve, (bindings.FORWARD, *convolved), {3}),
        (library.convolve, (bindings.BACKWARD_DATA, *convolved), {1}),
        (library.convolve, (bindings.BACKWARD_WEIGHTS, *convolved), {2}),
        (library.normalize, (x, channels, channels, 1e-4, 0, x, channels, channels), {5, 6, 7}),
        (
            library.normalize_backward,
            (x, x, x, *4 * [channels], 0, x, channels, channels),
            {8, 9, 10},
        ),
        (library.affine, (x, channels, channels, 0, x), {4}),
        (library.sigmoid, (x, x), {1}),
        (library.tanh_of, (x, x), {1}),
        (library.sum_channels, (x, channels), {1}),
        (library.max_pool, (x, 2, 2, pooled), {3}),
        (library.max_pool_backward, (x, pooled, pooled, 2, 2, x), {5}),
        (library.sum_windows, (x, 2, 2, pooled), {3}),
        (library.enlarge, (pooled, 2, 2, enlarged), {3}),
        (library.copy, (x, x), {1}),
        (adam, 4 * (x,), {0, 2, 3}),
        (lambda array: library.numbers_to_line(array) < 0, (x,), set()),
    )


def other_arguments(change):
    """Calls of each function with one of its arrays changed: (status, text, whether written)."""
    for function, arguments, written in functions():
        for position, argument in enumerate(arguments):
            if isinstance(argument, np.ndarray):
                others = [
                    np.copy(other) if isinstance(other, np.ndarray) else other
                    for other in arguments
                ]
                others[position] = change(argument)
                status = function(*others)
                yield status, bindings._library().last_error().decode(), position in written


def misaligned(array):
    result = np.empty(array.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(array.shape)
    result[...] = array
    return result


def test_what_is_no_array_of_float32():
    for change, words in (
        (lambda array: 1.0, 'not a NumPy array'),
        (lambda array: [array], 'not a NumPy array'),
        (lambda array: array[(0,) * array.ndim], 'not a NumPy array'),
        (lambda array: np.ndarray, 'not a NumPy array'),
        (lambda array: array.astype(np.float64), 'float32'),
        (lambda array: array.view(np.int32), 'float32'),
        (lambda array: array.astype('>f4'), 'float32'),
        (misaligned, 'float32'),
    ):
        for status, text, _ in other_arguments(change):
            assert_equal(status, 1)
            assert_in(words, text)


def test_only_what_is_written_must_be_writable():
    def read_only(array):
        result = array.copy()
        result.flags.writeable = False
        return result

    for status, text, written in other_arguments(read_only):
        assert_equal(status, int(written))
        assert not written or 'read-only' in text


def test_classes_derived_from_arrays():
    class Named:
        name = 'a class beside the array'

    class Derived(Named, np.ndarray):
        pass

    for kind in (np.memmap, Derived):
        found = other_arguments(lambda array, kind=kind: array.view(kind))
        assert not any(status for status, _, _ in found)


# Normalization

SHAPES = (32, 8, 8, 64), (3, 5, 7, 13), (1, 1, 2, 3), (4, 1), (1000, 3)


def normalized(x):
    x = x.astype(np.float64)
    axes = tuple(range(x.ndim - 1))
    return (x - x.mean(axes)) / np.sqrt(x.var(axes) + 1e-4)


def channel_slice(x):
    """The same numbers, as some channels of a wider feature map."""
    wide = np.full(x.shape[:-1] + (x.shape[-1] + 5,), np.nan, np.float32)
    wide[..., 3:-2] = x
    return wide[..., 3:-2]


def parameters(channels):
    return random(channels, seed=4), random(channels, seed=5)


def test_normalize():
    for shape, slope, view in itertools.product(SHAPES, (0, 0.01, 1), (np.asarray, channel_slice)):
        x, (scale, bias) = view(3 * random(*shape) + 5), parameters(shape[-1])
        out = view(np.zeros(shape, np.float32))
        y, mean, inv_std = bindings.normalize(x, scale, bias, epsilon=1e-4, slope=slope, out=out)
        assert y is out
        z = scale * normalized(x) + bias
        assert_near(y, np.where(z > 0, z, slope * z))
        assert_same_bits(y, bindings.normalize(x, scale, bias, epsilon=1e-4, slope=slope)[0])
        rows = x.reshape(-1, shape[-1]).astype(np.float64)
        assert_near(mean, rows.mean(0))
        assert_near(inv_std, 1 / np.sqrt(rows.var(0) + 1e-4))


def test_normalize_far_from_zero():
    """Where the mean is ten thousand deviations, the variance keeps its digits."""
    x = random(64, 8, 8, 16) + np.float32(1e4)
    one = np.ones(16, np.float32)
    y, _, inv_std = bindings.normalize(x, one, 0 * one, epsilon=1e-4, slope=1)
    expected = x.reshape(-1, 16).astype(np.float64)
    assert_near(inv_std, 1 / np.sqrt(expected.var(0) + 1e-4))
    np.testing.assert_allclose(y, normalized(x), atol=2e-3)


def test_normalize_writes_nothing_else():
    wide = np.full((6, 4, 4, 20), np.float32(7))
    scale, bias = parameters(8)
    bindings.normalize(random(6, 4, 4, 8), scale, bias, epsilon=1e-4, slope=0, out=wide[..., 4:12])
    assert (wide[..., :4] == 7).all() and (wide[..., 12:] == 7).all()
    assert (wide[..., 4:12] != 7).all()


def test_normalize_backward():
    for shape, slope, two, view in itertools.product(
        SHAPES, (0, 0.01, 1), (False, True), (np.asarray, channel_slice)
    ):
        x, (scale, bias) = 2 * random(*shape) - 1, parameters(shape[-1])
        dy, dy2 = random(*shape, seed=6), random(*shape, seed=7)
        _, mean, inv_std = bindings.normalize(x, scale, bias, epsilon=1e-4, slope=slope)
        dx, dscale, dbias = bindings.normalize_backward(
            view(x),
            view(dy),
            view(dy2) if two else None,
            scale=scale,
            bias=bias,
            mean=mean,
            inv_std=inv_std,
            slope=slope,
        )

        normal = normalized(x)
        g = (dy.astype(np.float64) + two * dy2) * np.where(scale * normal + bias > 0, 1, slope)
        axes = tuple(range(x.ndim - 1))
        assert_near(dbias, g.sum(axes), 30)
        assert_near(dscale, (g * normal).sum(axes), 30)
        deviation = np.sqrt(x.astype(np.float64).var(axes) + 1e-4)
        assert_near(
            dx,
            scale / deviation * (g - g.mean(axes) - normal * (g * normal).mean(axes)),
            np.max(np.abs(scale / deviation)),
        )


def test_affine():
    for shape, slope, view in itertools.product(SHAPES, (0, 0.01, 1), (np.asarray, channel_slice)):
        x, (factor, shift) = view(random(*shape)), parameters(shape[-1])
        z = factor.astype(np.float64) * x + shift
        expected = np.where(z > 0, z, slope * z)
        assert_near(bindings.affine(x, factor, shift, slope=slope), expected)
        out = view(np.zeros(shape, np.float32))
        assert bindings.affine(x, factor, shift, slope=slope, out=out) is out
        assert_near(out, expected)


def test_sigmoid():
    x = np.append(np.linspace(-120, 120, 70001), [0, -0.0, np.inf, -np.inf, np.nan]).astype('f4')
    found = bindings.sigmoid(x)
    expected = 1 / (1 + np.exp(-x.astype(np.float64)))
    np.testing.assert_allclose(found, expected, rtol=3e-7, atol=2e-38)
    for shape in ((), (0, 3), (5, 3, 2, 7)):
        x = random(*shape).reshape(shape)
        assert_near(bindings.sigmoid(x), 1 / (1 + np.exp(-x)))
    with assert_raises_regex(ValueError, 'contiguous'):
        bindings.sigmoid(random(6, 4)[:, ::2])


def test_tanh():
    x = np.linspace(-12, 12, 70001)
    x = np.append(x, [0, -0.0, 1e-30, -1e-8, 0.625, 100, np.inf, -np.inf, np.nan]).astype('f4')
    found = bindings.tanh(x)
    np.testing.assert_allclose(found, np.tanh(x.astype(np.float64)), rtol=3e-7)
    np.testing.assert_array_equal(np.signbit(found[:-1]), np.signbit(x[:-1]))
    assert (abs(found[:-1]) <= 1).all()


def test_sum_channels():
    for shape, view in itertools.product((*SHAPES, (0, 3)), (np.asarray, channel_slice)):
        x = view(random(*shape))
        expected = x.astype(np.float64).sum(tuple(range(x.ndim - 1)))
        assert_near(bindings.sum_channels(x), expected, abs(x).sum(dtype=np.float64) or 1)


# Windows


def windows_of(x, window):
    """(batch, height, width, channels, pixels) of x, without pixels that fill no window."""
    rows, columns = window
    batch, height, width, channels = x.shape
    whole = x[:, : height // rows * rows, : width // columns * columns].astype(np.float64)
    split = whole.reshape(batch, height // rows, rows, width // columns, columns, channels)
    pixels = split.transpose(0, 1, 3, 5, 2, 4)
    return pixels.reshape(*pixels.shape[:4], rows * columns)


def check_windows(shape, window):
    rows, columns = window
    x = random(*shape).round(0)  # some are equal
    y = bindings.max_pool(x, window)
    np.testing.assert_array_equal(y, windows_of(x, window).max(-1))
    sums = bindings.sum_windows(x, window)
    np.testing.assert_array_equal(sums, windows_of(x, window).sum(-1))
    enlarged = bindings.enlarge(x, window)
    np.testing.assert_array_equal(enlarged, x.repeat(rows, 1).repeat(columns, 2))

    dy = random(*y.shape, seed=1)
    expected = np.zeros(shape)
    largest, gradient = [array.repeat(rows, 1).repeat(columns, 2) for array in (y, dy)]
    reached = expected[:, : largest.shape[1], : largest.shape[2]]
    reached[...] = np.where(x[:, : largest.shape[1], : largest.shape[2]] == largest, gradient, 0)
    np.testing.assert_array_equal(bindings.max_pool_backward(x, y, dy, window), expected)


def test_windows():
    for shape in ((2, 4, 6, 5), (3, 7, 5, 16), (1, 1, 3, 2), (0, 4, 4, 3), (8, 32, 32, 40)):
        for window in ((2, 2), (1, 1), (3, 2), (1, 5)):
            yield check_windows, shape, window


def test_windows_that_do_not_fit():
    with assert_raises_regex(ValueError, 'do not fit'):
        bindings.max_pool_backward(
            random(1, 4, 4, 2), random(1, 2, 2, 2), random(1, 2, 1, 2), (2, 2)
        )


def test_copies_make_a_concatenation():
    left, right = random(5, 3, 2, 7), random(5, 3, 2, 4, seed=1)
    whole = bindings.empty((5, 3, 2, 11))
    bindings.copy(left, whole[..., :7])
    bindings.copy(right, whole[..., 7:])
    np.testing.assert_array_equal(whole, np.concatenate([left, right], -1))


def test_rows_that_are_none():
    scale, bias = parameters(4)
    for wrong in (
        random(6, 8)[:, ::2],
        random(3, 5, 4)[:, :3],
        random(3, 5, 4).transpose(1, 0, 2),
        random(6, 5),
        random(6, 4).astype(float),
        random(6, 4).astype('>f4'),
    ):
        with assert_raises(ValueError):
            bindings.normalize(wrong, scale, bias, epsilon=1e-4, slope=0)
    with assert_raises_regex(ValueError, 'do not fit'):
        bindings.copy(random(6, 4), random(5, 4))
    with assert_raises_regex(ValueError, 'empty'):
        bindings.normalize(random(0, 4), scale, bias, epsilon=1e-4, slope=0)


# Adam

ADAM = {'step_size': 0.1, 'beta1': 0.5, 'beta2': 0.999, 'epsilon': 1e-8}


def test_adam():
    shapes = (3, 4, 5), (1,), (100003,), (0,), (17,)
    for clip in (None, 0.5):
        params, grads, firsts = (
            [random(*shape, seed=seed) for shape in shapes] for seed in range(3)
        )
        seconds = [np.square(random(*shape, seed=3)) for shape in shapes]
        before = [
            [array.astype(np.float64) for array in arrays]
            for arrays in (params, grads, firsts, seconds)
        ]
        bindings.adam(params, grads, firsts, seconds, **ADAM, clip=clip)
        for p, m, v, p0, g, m0, v0 in zip(params, firsts, seconds, *before):
            m0, v0 = 0.5 * m0 + 0.5 * g, 0.999 * v0 + 0.001 * g**2
            p0 = p0 - 0.1 * m0 / (np.sqrt(v0) + 1e-8)
            assert_near(m, m0)
            assert_near(v, v0)
            assert_near(p, p0 if clip is None else np.clip(p0, -clip, clip), 10)


def test_adam_of_arrays_that_do_not_fit():
    one = [random(3)]
    for others in ([random(4)], [], [random(6)[::2]]):
        with assert_raises(ValueError):
            bindings.adam(one, others, one, one, **ADAM, clip=None)
    for wrong, words in (
        ([random(3)], 'tuple'),
        (random(3), 'tuple'),
        (None, 'tuple'),
        ((random(3), random(3)), 'as many'),
    ):
        for position in range(4):
            groups = 4 * [(random(3),)]
            groups[position] = wrong
            assert_equal(bindings._library().adam(*groups, 0.1, 0.5, 0.999, 1e-8, 1), 1)
            assert_in(words, bindings._library().last_error().decode())


# Memory


def test_empty_begins_with_a_line_of_the_cache():
    assert bindings.empty((0, 4)).shape == (0, 4)
    for shape in ((), (3,), (5, 7, 1, 3), (32, 16, 16, 64)):
        array = bindings.empty(shape)
        assert array.shape == shape and array.dtype == np.float32
        assert array.ctypes.data % 64 == 0 and array.flags.c_contiguous
