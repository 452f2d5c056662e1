"""Batch normalization against its formulas in NumPy."""

import lasagne
import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import InputLayer, NonlinearityLayer, get_all_params, get_output

from ift6266.backends.headers import precompile_headers
from ift6266.layers import (
    BatchNormLayer,
    Conv2DLayer,
    StandardizationLayer,
    batch_norm,
    instance_norm,
    layer_norm,
)
from tests.layers.support import QUICK, central_difference, in_float64, output_and_gradients

RANDOM = np.random.RandomState(1)
CHANNELS = 3
PARAMETERS = {name: RANDOM.normal(size=CHANNELS) for name in ('gamma', 'beta', 'mean')}
PARAMETERS['inv_std'] = RANDOM.uniform(0.5, 2, size=CHANNELS)


def by_channel(vector, ndim):
    return vector.reshape((1, -1) + (1,) * (ndim - 2))


def statistics(x, epsilon=1e-4):
    """Mean and inverse standard deviation of each channel, one channel at a time."""
    channels = [x[:, c].ravel() for c in range(x.shape[1])]
    means = [sum(values) / len(values) for values in channels]
    variances = [sum((values - mean) ** 2) / len(values) for values, mean in zip(channels, means)]
    return np.array(means), 1 / np.sqrt(np.array(variances) + epsilon)


def normalized(x, mean, inv_std, gamma, beta):
    mean, inv_std, gamma, beta = [by_channel(v, x.ndim) for v in (mean, inv_std, gamma, beta)]
    return (x - mean) * inv_std * gamma + beta


def parameters(dtype='float64'):
    return {name: value.astype(dtype) for name, value in PARAMETERS.items()}


def check_training_output_and_gradient(shape, floatX, mode):
    x, cotangent = np.random.RandomState(2).normal(2, 3, size=(2,) + shape)
    own = parameters()
    with theano.change_flags(floatX=floatX):
        variable = T.TensorType(floatX, (False,) * len(shape))()
        layer = BatchNormLayer(InputLayer((None,) + shape[1:], variable), **parameters(floatX))
        function = output_and_gradients(layer, variable, mode)

    def expected():
        return normalized(x, *statistics(x), own['gamma'], own['beta'])

    tolerance = 1e-6 if floatX == 'float64' else 1e-4
    for ours, theirs in zip(
        function(x.astype(floatX), cotangent.astype(floatX)),
        [expected()]
        + [
            central_difference(lambda: (expected() * cotangent).sum(), array)
            for array in (x, own['beta'], own['gamma'])
        ],
    ):
        assert ours.dtype == floatX
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def test_training_output_and_gradient():
    for shape in ((4, 3, 3, 2), (5, 3)):
        yield check_training_output_and_gradient, shape, 'float64', 'FAST_COMPILE'
    yield check_training_output_and_gradient, (4, 3, 3, 2), 'float32', theano.Mode()


@in_float64
def test_running_averages():
    """They average the inverse standard deviation, with α = 0.3 here."""
    variable = T.tensor4()
    layer = BatchNormLayer(InputLayer((None, 3, 2, 2), variable), epsilon=0.01, alpha=0.3)
    train = theano.function([variable], get_output(layer), mode='FAST_COMPILE')
    infer = theano.function([variable], get_output(layer, deterministic=True), mode='FAST_COMPILE')
    mean, inv_std = np.zeros(3), np.ones(3)
    for x in np.random.RandomState(3).normal(1, 2, size=(3, 4, 3, 2, 2)):
        train(x)
        new_mean, new_inv_std = statistics(x, epsilon=0.01)
        mean = 0.7 * mean + 0.3 * new_mean
        inv_std = 0.7 * inv_std + 0.3 * new_inv_std
        np.testing.assert_allclose(layer.mean.get_value(), mean, rtol=1e-12)
        np.testing.assert_allclose(layer.inv_std.get_value(), inv_std, rtol=1e-12)
        np.testing.assert_allclose(
            infer(x), normalized(x, mean, inv_std, np.ones(3), np.zeros(3)), rtol=1e-12
        )
    np.testing.assert_allclose(layer.mean.get_value(), mean, rtol=1e-12)  # infer left them


@in_float64
def test_the_averages_can_be_left_alone():
    variable = T.matrix()
    layer = BatchNormLayer(InputLayer((None, 3), variable), **parameters())
    function = theano.function(
        [variable], get_output(layer, batch_norm_update_averages=False), mode='FAST_COMPILE'
    )
    x = np.random.RandomState(4).normal(size=(5, 3))
    expected = normalized(x, *statistics(x), PARAMETERS['gamma'], PARAMETERS['beta'])
    np.testing.assert_allclose(function(x), expected, rtol=1e-12)
    np.testing.assert_array_equal(layer.mean.get_value(), PARAMETERS['mean'])
    np.testing.assert_array_equal(layer.inv_std.get_value(), PARAMETERS['inv_std'])


@in_float64
def test_the_averages_advance_by_their_default_update_in_compiled_programs_too():
    variable = T.matrix()
    layer = BatchNormLayer(InputLayer((None, 3), variable))
    precompile_headers()
    function = theano.function([variable], get_output(layer), mode=QUICK)
    x = np.random.RandomState(5).normal(size=(5, 3))
    function(x)
    mean, inv_std = statistics(x)
    np.testing.assert_allclose(layer.mean.get_value(), 0.1 * mean, rtol=1e-12)
    np.testing.assert_allclose(layer.inv_std.get_value(), 0.9 + 0.1 * inv_std, rtol=1e-12)


def test_parameters_and_defaults():
    layer = BatchNormLayer((None, 3, 8, 8), name='layer')
    assert (layer.epsilon, layer.alpha) == (1e-4, 0.1)
    assert layer.output_shape == (None, 3, 8, 8)
    assert layer.get_params(trainable=True) == [layer.beta, layer.gamma]
    assert layer.get_params(trainable=False) == [layer.mean, layer.inv_std]
    assert layer.get_params(regularizable=True) == [layer.gamma]
    assert [param.name for param in layer.get_params()] == [
        'layer.beta',
        'layer.gamma',
        'layer.mean',
        'layer.inv_std',
    ]
    assert [param.get_value().tolist() for param in layer.get_params()] == [
        [0] * 3,
        [1] * 3,
        [0] * 3,
        [1] * 3,
    ]


def test_batch_norm_takes_biases_and_nonlinearity_away():
    convolution = Conv2DLayer((None, 3, 8, 8), 2, 3, nonlinearity=lasagne.nonlinearities.tanh)
    biases = convolution.b
    layer = batch_norm(convolution, alpha=0.5, name='norm')
    normalization = layer.input_layer
    assert isinstance(layer, NonlinearityLayer) and isinstance(normalization, BatchNormLayer)
    assert normalization.input_layer is convolution
    assert layer.nonlinearity is lasagne.nonlinearities.tanh
    assert convolution.nonlinearity is lasagne.nonlinearities.identity
    assert convolution.b is None and biases not in get_all_params(layer)
    assert normalization.alpha == 0.5 and normalization.gamma.name == 'norm.gamma'
    assert normalization.input_shape == (None, 2, 6, 6)


def test_batch_norm_of_a_layer_without_biases():
    layer = batch_norm(Conv2DLayer((None, 3, 8, 8), 2, 3, b=None))
    assert len(get_all_params(layer)) == 5


def standardized(x, axes):
    """Each picture, or each map of each picture, one at a time."""
    if axes == 'features':
        return np.array([(one - one.mean()) / np.sqrt(one.var() + 1e-4) for one in x])
    return np.array([
        [(one - one.mean()) / np.sqrt(one.var() + 1e-4) for one in maps] for maps in x
    ])


def test_standardization_and_its_gradient():
    x, cotangent = np.random.RandomState(3).normal(2, 3, size=(2, 2, CHANNELS, 3, 4))
    for axes in ('spatial', 'features'):
        with theano.change_flags(floatX='float64'):
            variable = T.tensor4()
            layer = StandardizationLayer(InputLayer((None, CHANNELS, 3, 4), variable), axes)
            output, gradient = output_and_gradients(layer, variable, QUICK)(x, cotangent)
        np.testing.assert_allclose(output, standardized(x, axes), rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(
            gradient,
            central_difference(lambda: (standardized(x, axes) * cotangent).sum(), x),
            rtol=1e-5,
            atol=1e-7,
        )


def test_instance_and_layer_norm_scale_and_shift_each_channel():
    x = np.random.RandomState(4).normal(size=(2, CHANNELS, 4, 4))
    gamma, beta = PARAMETERS['gamma'], PARAMETERS['beta']
    for norm, axes in ((instance_norm, 'spatial'), (layer_norm, 'features')):
        with theano.change_flags(floatX='float64'):
            variable = T.tensor4()
            convolution = Conv2DLayer(
                InputLayer((None, CHANNELS, 4, 4), variable),
                CHANNELS,
                1,
                W=np.eye(CHANNELS)[:, :, None, None],
            )
            network = norm(convolution, name='norm')
            assert [param.name for param in get_all_params(network)] == [
                'W',
                'norm.beta',
                'norm.gamma',
            ]
            network.input_layer.gamma.set_value(gamma)
            network.input_layer.beta.set_value(beta)
            found = get_output(network).eval({variable: x})
        expected = standardized(x, axes) * by_channel(gamma, 4) + by_channel(beta, 4)
        np.testing.assert_allclose(found, np.maximum(expected, 0), rtol=1e-6, atol=1e-9)
