"""Each operation against Theano's own, in any memory layout, and the shapes it foretells."""

import numpy as np
import theano
import theano.tensor as T
from nose.tools import assert_raises
from theano.tensor.nnet.bn import batch_normalization_train
from theano.tensor.signal.pool import pool_2d

from ift6266.backends.cpu.operations import (
    Adam,
    Affine,
    ChannelsLast,
    Concatenate,
    Convolution,
    ConvolutionGradInputs,
    ConvolutionGradWeights,
    Enlarge,
    MaxPool,
    MaxPoolGrad,
    Normalize,
    NormalizeGrad,
    Rectify,
    RectifyGrad,
    Sigmoid,
    SplitChannels,
    SumChannels,
    SumWindows,
    Tanh,
)
from tests.backends.cpu.support import AS_DEFINED, as_defined, require_kernels

RANDOM = np.random.RandomState(1)


setup_module = require_kernels


def random(*shape):
    return RANDOM.normal(size=shape).astype('float32')


def variables(arrays):
    return [T.TensorType(array.dtype, (False,) * array.ndim)() for array in arrays]


def compiled(operation, arrays, outputs=lambda results: results, mode=AS_DEFINED):
    inputs = variables(arrays)
    return theano.function(
        inputs, outputs(operation(*inputs, return_list=True)), mode=mode, on_unused_input='ignore'
    )


def theanos(expressions, *arrays):
    """The values of Theano's ``expressions``, a function of the variables, for these arrays."""
    inputs = variables(arrays)
    return theano.function(inputs, expressions(*inputs), mode=AS_DEFINED, on_unused_input='ignore')(
        *arrays
    )


def channels_first(maps):
    return maps.transpose(0, 3, 1, 2)


def channels_last(maps):
    return maps.transpose(0, 2, 3, 1)


def assert_near(found, expected):
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected):
        assert ours.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def reversed_in_memory(array):
    backwards = (slice(None, None, -1),) * array.ndim
    return array[backwards].copy()[backwards]


def spread_out(array):
    every_other = (slice(None, None, 2),) * array.ndim
    wide = np.full([2 * length for length in array.shape], 7, array.dtype)
    wide[every_other] = array
    return wide[every_other]


def in_fortrans_order(array):
    return np.array(array, order='F')


def some_channels(array):
    wide = np.concatenate(2 * [np.atleast_1d(array)], axis=-1)
    return wide[..., : wide.shape[-1] // 2].reshape(array.shape)


LAYOUTS = reversed_in_memory, spread_out, in_fortrans_order, some_channels


def check(operation, *arrays):
    """Its results do not depend on how its arguments lie in memory; shapes are as foretold."""
    function = compiled(operation, arrays)
    expected = function(*arrays)
    for layout in LAYOUTS:
        for found, result in zip(function(*map(layout, arrays)), expected):
            np.testing.assert_array_equal(found, result)
    shapes = compiled(
        operation,
        arrays,
        lambda results: [result.shape for result in results],
        theano.Mode('py', 'fast_run'),
    )
    for shape, result in zip(shapes(*arrays), expected):
        assert tuple(shape) == result.shape
    repeated = [
        np.broadcast_to(array[:1], array.shape)
        if array.ndim and array.dtype == np.float32
        else array
        for array in arrays
    ]
    for found, result in zip(function(*repeated), function(*map(np.array, repeated))):
        np.testing.assert_array_equal(found, result)
    return expected


# batch, channels and size of the pictures, filters, their size, padding, stride
GEOMETRIES = [
    (2, 3, (6, 8), 4, (4, 4), (1, 1), (2, 2)),
    (1, 1, (5, 7), 3, (4, 4), (1, 1), (2, 2)),  # a row and a column that no filter reaches
    (3, 2, (5, 4), 1, (3, 2), 'half', (1, 1)),
    (2, 2, (3, 5), 2, (2, 3), 'full', (1, 2)),
    (2, 3, (7, 6), 2, (5, 3), ((2, 0), 1), (3, 1)),
    (3, 5, (1, 1), 2, (1, 1), 'valid', (1, 1)),
]


@as_defined()
def check_convolution(geometry, flip):
    batch, channels, size, outputs, filter_size, padding, stride = geometry
    maps, filters = random(batch, *size, channels), random(outputs, channels, *filter_size)

    def forward(maps, filters):
        return T.nnet.conv2d(maps, filters, border_mode=padding, subsample=stride, filter_flip=flip)

    (result,) = theanos(lambda *both: [forward(*both)], channels_first(maps), filters)
    cotangent = random(*channels_last(result).shape)
    result, by_maps, by_filters = theanos(
        lambda maps, filters, cotangent: (
            [forward(maps, filters)]
            + theano.grad(None, [maps, filters], known_grads={forward(maps, filters): cotangent})
        ),
        channels_first(maps),
        filters,
        channels_first(cotangent),
    )
    of = padding, stride, flip
    assert_near(check(Convolution(*of), maps, filters), [channels_last(result)])
    assert_near(
        check(ConvolutionGradInputs(*of), filters, cotangent, np.array(size)),
        [channels_last(by_maps)],
    )
    assert_near(
        check(ConvolutionGradWeights(*of), maps, cotangent, np.array(filter_size)), [by_filters]
    )


def test_convolutions():
    for number, geometry in enumerate(GEOMETRIES):
        yield check_convolution, geometry, number % 2 == 0


def test_convolutions_of_random_geometry():
    choice = np.random.RandomState(2)
    for number in range(12):
        filter_size, padding = choice.randint(1, 5, 2), choice.randint(0, 3, 2)
        size = np.maximum(filter_size - 2 * padding, 1) + choice.randint(0, 6, 2)
        batch, channels, outputs = choice.randint(1, 6, 3)
        yield (
            check_convolution,
            (
                batch,
                channels,
                tuple(size),
                outputs,
                tuple(filter_size),
                tuple(map(int, padding)),
                tuple(choice.randint(1, 4, 2)),
            ),
            number % 2 == 0,
        )


def test_convolutions_of_no_pictures():
    maps, filters, gradient = random(0, 5, 5, 2), random(3, 2, 3, 3), random(0, 3, 3, 3)
    of = 'valid', (1, 1), True
    assert compiled(Convolution(*of), [maps, filters])(maps, filters)[0].shape == gradient.shape
    (by_maps,) = compiled(ConvolutionGradInputs(*of), [filters, gradient, np.arange(2)])(
        filters, gradient, np.array([5, 5])
    )
    assert by_maps.shape == maps.shape
    (by_filters,) = compiled(ConvolutionGradWeights(*of), [maps, gradient, np.arange(2)])(
        maps, gradient, np.array([3, 3])
    )
    np.testing.assert_array_equal(by_filters, np.zeros(filters.shape))


def test_filters_that_do_not_fit():
    function = compiled(Convolution('valid', (1, 1), True), [random(1, 1, 1, 1)] * 2)
    with assert_raises(ValueError):
        function(random(2, 5, 5, 3), random(3, 2, 3, 3))


def check_nothing(operation, *arrays):
    """Of no pictures there are as many results, of the shape of those of a picture."""
    whole = compiled(operation, arrays)(*arrays)
    nothing = [array[:0] if array.ndim == 4 else array for array in arrays]
    for found, result in zip(compiled(operation, nothing)(*nothing), whole):
        if result.ndim == 4:
            assert found.shape == (0, *result.shape[1:])
        else:  # a gradient of parameters
            np.testing.assert_array_equal(found, np.zeros(result.shape))


def test_no_pictures():
    maps, numbers = random(2, 4, 5, 3), random(3)
    for operation, arrays in (
        (ChannelsLast(), [maps]),
        (Sigmoid(), [maps]),
        (SumChannels(), [maps]),
        (MaxPool((2, 2)), [maps]),
        (Enlarge((2, 3)), [maps]),
        (Concatenate(), [maps, maps]),
        (SplitChannels(2), [maps, np.array([1, 2])]),
        (Affine(0.1), [maps, numbers, numbers]),
        (NormalizeGrad(0.1), [maps, *4 * [numbers], maps]),
    ):
        yield check_nothing, operation, *arrays
    with assert_raises(ValueError):
        compiled(Normalize(1e-3), [maps, numbers, numbers])(maps[:0], numbers, numbers)


def test_channels_last():
    for channels in (3, 9):
        maps = random(2, channels, 4, 5)
        (result,) = check(ChannelsLast(), maps)
        np.testing.assert_array_equal(result, channels_last(maps))
        assert result.flags.c_contiguous


def test_channels_that_are_last_already_are_not_copied():
    maps = random(2, 4, 5, 3)
    theirs = T.ftensor4()
    function = theano.function(
        [theano.In(theirs, borrow=True)],
        theano.Out(ChannelsLast()(theirs), borrow=True),
        mode=AS_DEFINED,
    )
    assert np.shares_memory(function(channels_first(maps)), maps)


def rectified(x, slope):
    return T.switch(x > 0, x, slope * x)


def check_normalization(shape, slope):
    """With the gradients of two uses of the result, and a concatenation."""
    channels = shape[-1]
    maps, other = 3 * random(*shape) + 2, random(*shape[:-1], 2)
    scale, bias = random(channels), random(channels)
    first, second = random(*shape), random(*shape)

    def theirs(maps, scale, bias, cotangent):
        normalized, mean, inv_std = batch_normalization_train(maps, scale, bias, 'spatial', 1e-3)
        result = rectified(normalized, np.float32(slope))
        return [result, mean, inv_std] + theano.grad(
            None, [maps, scale, bias], known_grads={result: cotangent}
        )

    result, mean, inv_std, *gradients = theanos(
        theirs, channels_first(maps), scale, bias, channels_first(first + second)
    )
    result, gradients[0] = map(channels_last, (result, gradients[0]))
    assert_near(check(Normalize(1e-3, slope), maps, scale, bias), [result, mean, inv_std])
    assert_near(
        check(Normalize(1e-3, slope), maps, scale, bias, other, other),
        [np.concatenate([result, other, other], 3), mean, inv_std],
    )
    arguments = maps, scale, bias, mean, inv_std
    assert_near(check(NormalizeGrad(slope), *arguments, first + second), gradients)
    assert_near(check(NormalizeGrad(slope), *arguments, first, second), gradients)


def test_normalization():
    for shape, slope in (((3, 4, 5, 6), 0.0), ((4, 1, 1, 7), 1.0), ((2, 3, 2, 1), 0.2)):
        yield check_normalization, shape, slope
    for slope in (0.0, 0.1, 1.0):
        yield check_normalization, tuple(RANDOM.randint(2, 9, 4)), slope


def test_affine():
    maps, factor, shift, other = random(2, 3, 4, 5), random(5), random(5), random(2, 3, 4, 1)
    straight = factor * maps + shift
    leaky = np.where(straight > 0, straight, np.float32(0.1) * straight)
    assert_near(check(Affine(), maps, factor, shift), [straight])
    assert_near(check(Affine(0.1), maps, factor, shift, other), [np.concatenate([leaky, other], 3)])


def test_sigmoid():
    maps = 10 * random(2, 3, 4, 5)
    assert_near(check(Sigmoid(), maps), theanos(lambda maps: [T.nnet.sigmoid(maps)], maps))


def test_tanh():
    maps = random(2, 3, 4, 5)
    assert_near(check(Tanh(), maps), [np.tanh(maps)])


def test_sums_of_channels():
    maps = random(2, 3, 4, 5)
    assert_near(check(SumChannels(), maps), [maps.sum((0, 1, 2))])


def test_windows():
    """Maxima and their gradient as Theano has them; enlarging and sums as each other's inverse."""
    maps, gradient = random(2, 5, 7, 3), random(2, 2, 3, 3)

    def pooled(maps, gradient):
        maxima = pool_2d(maps.dimshuffle(0, 3, 1, 2), (2, 2), ignore_border=True)
        maxima = maxima.dimshuffle(0, 2, 3, 1)
        return [maxima, theano.grad(None, maps, known_grads={maxima: gradient})]

    expected = theanos(pooled, maps, gradient)
    (maxima,) = check(MaxPool((2, 2)), maps)
    assert_near([maxima, *check(MaxPoolGrad((2, 2)), maps, maxima, gradient)], expected)
    (enlarged,) = check(Enlarge((2, 3)), maps)
    np.testing.assert_array_equal(enlarged, maps.repeat(2, 1).repeat(3, 2))
    assert_near(check(SumWindows((2, 3)), enlarged), [6 * maps])


def test_concatenation_and_split():
    sizes = np.array([3, 1, 4])
    maps = [random(2, 3, 2, size) for size in sizes]
    (whole,) = check(Concatenate(), *maps)
    np.testing.assert_array_equal(whole, np.concatenate(maps, 3))
    for part, expected in zip(check(SplitChannels(3), whole, sizes), maps):
        np.testing.assert_array_equal(part, expected)
    with assert_raises(ValueError):
        compiled(SplitChannels(3), [whole, sizes])(whole, sizes + 1)


def check_rectifier(mode):
    x, gradient = random(3, 4), random(3, 4)
    x[0] = [0, -0.0, np.inf, -np.inf]
    elementwise = T.Elemwise(Rectify(0.25)), T.Elemwise(RectifyGrad(0.25))
    (result,) = compiled(elementwise[0], [x], mode=mode)(x)
    (by_x,) = compiled(elementwise[1], [x, gradient], mode=mode)(x, gradient)
    np.testing.assert_array_equal(result, np.where(x > 0, x, np.float32(0.25) * x))
    np.testing.assert_array_equal(by_x, np.where(x > 0, gradient, np.float32(0.25) * gradient))
    assert result.dtype == by_x.dtype == np.float32


def test_rectifier():
    yield check_rectifier, AS_DEFINED
    yield check_rectifier, theano.Mode('c', None)


MOMENTS = {'beta1': 0.5, 'beta2': 0.75, 'epsilon': 1e-3}


def adam_arguments():
    shapes = (3, 2), (4,)
    groups = [[random(*shape) for shape in shapes] for _ in range(4)]
    groups[3] = [np.abs(array) for array in groups[3]]
    return [np.float32(0.1)] + sum(groups, [])


def naive_adam(step_size, params, gradients, firsts, seconds):
    for p, g, m, v in zip(params, gradients, firsts, seconds):
        m = 0.5 * m + 0.5 * g
        v = 0.75 * v + 0.25 * g**2
        yield np.clip(p - step_size * m / (np.sqrt(v) + 1e-3), -0.7, 0.7), m, v


def test_adam():
    step_size, *arrays = adam_arguments()
    expected = list(naive_adam(step_size, *(arrays[begin : begin + 2] for begin in (0, 2, 4, 6))))
    operation = Adam(2, **MOMENTS, clip=0.7)
    found = check(operation, np.array(step_size), *arrays)
    for group, arrays_of_group in enumerate(zip(*expected)):
        assert_near(found[2 * group : 2 * group + 2], arrays_of_group)


def test_adam_in_place():
    step_size, *arrays = adam_arguments()
    arguments = [np.array(step_size), *arrays]
    expected = compiled(Adam(2, **MOMENTS, clip=None), arguments)(*arguments)
    operation = Adam(2, **MOMENTS, clip=None).in_place()
    inputs = variables(arguments)
    outputs = [[None] for _ in expected]
    operation.perform(operation.make_node(*inputs), arguments, outputs)
    overwritten = arrays[:2] + arrays[4:]
    assert {id(output) for (output,) in outputs} == set(map(id, overwritten))
    for (output,), result in zip(outputs, expected):
        np.testing.assert_array_equal(output, result)
    assert operation.destroy_map == {0: [1], 1: [2], 2: [5], 3: [6], 4: [7], 5: [8]}
