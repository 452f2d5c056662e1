"""Convolutions, forward and gradient, against loops over the definition."""

import lasagne
import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import InputLayer, get_output
from nose.tools import assert_raises

from ift6266.layers import Conv2DLayer, TransposedConv2DLayer
from tests.layers.support import central_difference, in_float64, output_and_gradients
from tests.support import require_compiler

BATCH, CHANNELS, FILTERS = 2, 3, 2

# filter_size, stride, pad or crop; then sizes of a convolution's input
GEOMETRIES = [
    ((4, 4), (2, 2), (1, 1), (6, 8)),  # the tables' blocks
    ((4, 4), (2, 2), (1, 1), (5, 7)),  # a last row and column that no filter reaches
    ((2, 2), (1, 1), (0, 0), (2, 2)),  # the critic's last layer
    ((3, 2), (2, 1), (1, 0), (5, 4)),
    ((5, 3), (3, 2), (2, 1), (7, 6)),
    ((1, 1), (1, 1), (0, 0), (2, 3)),
]


def naive_convolution(images, filters, biases, stride, pad, flip):
    """The definition, one output at a time; (num_filters, channels, rows, columns) filters."""
    if flip:
        filters = filters[:, :, ::-1, ::-1]
    images = np.pad(images, ((0, 0), (0, 0), (pad[0], pad[0]), (pad[1], pad[1])))
    size = filters.shape[2:]
    rows, columns = [(n - k) // s + 1 for n, k, s in zip(images.shape[2:], size, stride)]
    output = np.empty((len(images), len(filters), rows, columns))
    for n, f, i, j in np.ndindex(*output.shape):
        top, left = i * stride[0], j * stride[1]
        patch = images[n, :, top : top + size[0], left : left + size[1]]
        output[n, f, i, j] = (patch * filters[f]).sum() + biases[f]
    return output


def naive_transposed_convolution(images, filters, biases, stride, crop, flip):
    """Each input paints a filter, scaled by it; (channels, num_filters, rows, columns) filters.

    Lasagne's flag is inverted here: without it the filters are turned.
    """
    if not flip:
        filters = filters[:, :, ::-1, ::-1]
    size = filters.shape[2:]
    rows, columns = [s * (n - 1) + k for n, k, s in zip(images.shape[2:], size, stride)]
    output = np.zeros((len(images), filters.shape[1], rows, columns))
    for n, c, i, j in np.ndindex(*images.shape):
        top, left = i * stride[0], j * stride[1]
        output[n, :, top : top + size[0], left : left + size[1]] += images[n, c, i, j] * filters[c]
    output = output[:, :, crop[0] : rows - crop[0], crop[1] : columns - crop[1]]
    return output + biases[:, None, None]


def check(Layer, naive, filters_shape, geometry, flip, known_sizes, floatX='float64'):
    """Output and all gradients of a layer with tanh and biases."""
    require_compiler()
    filter_size, stride, pad, sizes = geometry
    random = np.random.RandomState(1)
    images = random.normal(size=(BATCH, CHANNELS) + sizes)
    W, b = random.normal(size=filters_shape + filter_size), random.normal(size=FILTERS)
    with theano.change_flags(floatX=floatX):
        variable = T.tensor4()
        shape = images.shape if known_sizes else (None, CHANNELS, None, None)
        layer = Layer(
            InputLayer(shape, variable),
            FILTERS,
            filter_size,
            stride,
            pad,
            W=W.astype(floatX),
            b=b.astype(floatX),
            flip_filters=flip,
            nonlinearity=lasagne.nonlinearities.tanh,
        )
        function = output_and_gradients(layer, variable)

    def expected():
        return np.tanh(naive(images, W, b, stride, pad, flip))

    cotangent = random.normal(size=expected().shape)
    found = function(images.astype(floatX), cotangent.astype(floatX))
    if known_sizes:
        assert layer.output_shape == found[0].shape
    else:
        assert layer.output_shape == (None, FILTERS, None, None)
    tolerance = 1e-6 if floatX == 'float64' else 1e-4
    for ours, theirs in zip(
        found,
        [expected()]
        + [
            central_difference(lambda: (expected() * cotangent).sum(), array)
            for array in (images, W, b)
        ],
    ):
        assert ours.dtype == floatX and ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def check_convolution(*arguments):
    check(Conv2DLayer, naive_convolution, (FILTERS, CHANNELS), *arguments)


def check_transposed_convolution(*arguments):
    check(TransposedConv2DLayer, naive_transposed_convolution, (CHANNELS, FILTERS), *arguments)


def test_convolutions():
    for number, geometry in enumerate(GEOMETRIES):
        yield check_convolution, geometry, number % 2 == 0, number % 3 != 1
        # the same sizes, as they come out of a convolution, are put in here
        yield check_transposed_convolution, geometry, number % 2 == 1, number % 3 != 1


def test_convolutions_in_float32():
    for flip in (False, True):
        yield check_convolution, GEOMETRIES[0], flip, True, 'float32'
        yield check_transposed_convolution, GEOMETRIES[0], flip, False, 'float32'


@in_float64
def test_transposed_convolution_is_the_gradient_of_the_convolution():
    """With the same filters and, as in Lasagne, the opposite ``flip_filters``."""
    require_compiler()
    images, maps = T.tensor4(), T.tensor4()
    convolution = Conv2DLayer(InputLayer((2, 3, 6, 8), images), 2, 4, 2, 1, nonlinearity=None)
    transposed = TransposedConv2DLayer(
        InputLayer(convolution.output_shape, maps),
        3,
        4,
        2,
        crop=1,
        W=convolution.W,
        flip_filters=not convolution.flip_filters,
        nonlinearity=None,
    )
    gradient = theano.grad(None, images, known_grads={get_output(convolution): maps})
    function = theano.function(
        [images, maps],
        [gradient, get_output(transposed)],
        on_unused_input='ignore',
        mode=theano.Mode(optimizer='fast_compile'),
    )
    random = np.random.RandomState(1)
    gradient, output = function(random.normal(size=(2, 3, 6, 8)), random.normal(size=(2, 2, 3, 4)))
    np.testing.assert_allclose(gradient, output, rtol=1e-12)


def test_defaults_belong_together():
    convolution = Conv2DLayer((None, 3, 8, 8), 2, 4)
    transposed = TransposedConv2DLayer((None, 3, 8, 8), 2, 4)
    assert convolution.flip_filters and not transposed.flip_filters
    for layer, shape in ((convolution, (2, 3, 4, 4)), (transposed, (3, 2, 4, 4))):
        assert layer.stride == (1, 1)
        assert layer.nonlinearity is lasagne.nonlinearities.rectify
        assert layer.W.get_value().shape == shape
        assert layer.get_params(regularizable=True) == [layer.W]
        assert layer.get_params(trainable=True) == [layer.W, layer.b]
        assert not layer.b.get_value().any()
    assert (convolution.output_shape, transposed.output_shape) == (
        (None, 2, 5, 5),
        (None, 2, 11, 11),
    )
    assert convolution.pad == transposed.crop == (0, 0)


def test_no_biases_and_no_nonlinearity():
    for Layer in (Conv2DLayer, TransposedConv2DLayer):
        layer = Layer((None, 3, 8, 8), 2, 4, b=None, nonlinearity=None)
        assert layer.get_params() == [layer.W] and layer.b is None
        assert layer.nonlinearity is lasagne.nonlinearities.identity


def test_filters_of_another_shape_are_refused():
    with assert_raises(RuntimeError):
        TransposedConv2DLayer((None, 3, 8, 8), 2, 4, W=np.zeros((2, 3, 4, 4)))
