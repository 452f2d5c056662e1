"""Lasagne's own layer classes, all of them, by XLA and by Theano: outputs and gradients."""

import inspect

import lasagne
import numpy as np
import theano
import theano.tensor as T
from lasagne import layers
from lasagne.layers import InputLayer
from lasagne.nonlinearities import leaky_rectify, softmax, tanh

import ift6266.layers
from ift6266.backends.xla.mode import xla_mode
from tests.backends.cpu.support import AS_DEFINED, as_defined
from tests.backends.xla.support import random
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401

VECTORS, SEQUENCE, MAPS = (3, 8), (2, 3, 6), (2, 4, 6, 6)
WORDS = np.array([[0, 2], [1, 1], [2, 0]], 'i4')


def recurrent(layer, **options):
    return lambda incoming: layer(incoming, 4, **options)


def custom_recurrent(incoming):
    return layers.CustomRecurrentLayer(
        incoming,
        layers.DenseLayer(InputLayer((None, 6)), 4),
        layers.DenseLayer(InputLayer((None, 4)), 4),
    )


def branches(merge):
    """``merge`` of two layers with parameters of their own."""
    return lambda incoming: merge([layers.DenseLayer(incoming, 4), layers.DenseLayer(incoming, 4)])


# (layer class, shape of its input, what builds it)
CASES = [
    (layers.InputLayer, VECTORS, lambda incoming: incoming),
    (
        layers.DenseLayer,
        VECTORS,
        lambda incoming: layers.DenseLayer(incoming, 4, nonlinearity=softmax),
    ),
    (layers.DenseLayer, MAPS, lambda incoming: layers.DenseLayer(incoming, 4, nonlinearity=tanh)),
    (
        layers.NonlinearityLayer,
        VECTORS,
        lambda incoming: layers.NonlinearityLayer(incoming, leaky_rectify),
    ),
    (layers.NINLayer, MAPS, lambda incoming: layers.NINLayer(incoming, 3)),
    (layers.NINLayer, MAPS, lambda incoming: layers.NINLayer(incoming, 3, untie_biases=True)),
    (layers.DropoutLayer, VECTORS, layers.DropoutLayer),
    (layers.GaussianNoiseLayer, VECTORS, layers.GaussianNoiseLayer),
    (
        layers.Conv1DLayer,
        SEQUENCE,
        lambda incoming: layers.Conv1DLayer(incoming, 4, 3, stride=2, pad='same'),
    ),
    (layers.Conv2DLayer, MAPS, lambda incoming: layers.Conv2DLayer(incoming, 3, 3, pad='same')),
    (
        layers.Conv2DLayer,
        MAPS,
        lambda incoming: layers.Conv2DLayer(
            incoming, 3, (3, 2), stride=2, pad=1, untie_biases=True
        ),
    ),
    (layers.MaxPool1DLayer, SEQUENCE, lambda incoming: layers.MaxPool1DLayer(incoming, 2)),
    (
        layers.MaxPool2DLayer,
        MAPS,
        lambda incoming: layers.MaxPool2DLayer(incoming, 3, stride=2, pad=1),
    ),
    (
        layers.Pool2DLayer,
        MAPS,
        lambda incoming: layers.Pool2DLayer(incoming, 2, mode='average_inc_pad'),
    ),
    (layers.FeaturePoolLayer, MAPS, lambda incoming: layers.FeaturePoolLayer(incoming, 2)),
    (layers.FeatureWTALayer, MAPS, lambda incoming: layers.FeatureWTALayer(incoming, 2)),
    (layers.GlobalPoolLayer, MAPS, layers.GlobalPoolLayer),
    (layers.FlattenLayer, MAPS, lambda incoming: layers.FlattenLayer(incoming, 3)),
    (layers.ReshapeLayer, MAPS, lambda incoming: layers.ReshapeLayer(incoming, ([0], 2, -1))),
    (
        layers.DimshuffleLayer,
        MAPS,
        lambda incoming: layers.DimshuffleLayer(incoming, (0, 2, 'x', 3, 1)),
    ),
    (layers.PadLayer, MAPS, lambda incoming: layers.PadLayer(incoming, ((1, 2), 1))),
    (layers.SliceLayer, MAPS, lambda incoming: layers.SliceLayer(incoming, slice(1, -1), 2)),
    (layers.ConcatLayer, VECTORS, branches(layers.ConcatLayer)),
    (
        layers.ElemwiseMergeLayer,
        VECTORS,
        branches(lambda pair: layers.ElemwiseMergeLayer(pair, T.maximum)),
    ),
    (
        layers.ElemwiseSumLayer,
        VECTORS,
        branches(lambda pair: layers.ElemwiseSumLayer(pair, [1, -2])),
    ),
    (layers.LocalResponseNormalization2DLayer, MAPS, layers.LocalResponseNormalization2DLayer),
    (layers.EmbeddingLayer, WORDS, lambda incoming: layers.EmbeddingLayer(incoming, 3, 5)),
    (layers.CustomRecurrentLayer, SEQUENCE, custom_recurrent),
    (layers.RecurrentLayer, SEQUENCE, recurrent(layers.RecurrentLayer, backwards=True)),
    (layers.LSTMLayer, SEQUENCE, recurrent(layers.LSTMLayer, grad_clipping=5)),
    (layers.GRULayer, SEQUENCE, recurrent(layers.GRULayer)),
    (layers.GRULayer, SEQUENCE, recurrent(layers.GRULayer, unroll_scan=True)),
    (
        ift6266.layers.Upscale2DLayer,
        MAPS,
        lambda incoming: ift6266.layers.Upscale2DLayer(incoming, 2),
    ),
    (
        ift6266.layers.DetailLayer,
        MAPS,
        lambda incoming: ift6266.layers.DetailLayer(incoming, np.eye(2, 4), (3, 5)),
    ),
    (ift6266.layers.BatchNormLayer, MAPS, ift6266.layers.BatchNormLayer),
    (ift6266.layers.AffineLayer, MAPS, ift6266.layers.AffineLayer),
    (ift6266.layers.StandardizationLayer, MAPS, ift6266.layers.StandardizationLayer),
    (
        ift6266.layers.TransposedConv2DLayer,
        MAPS,
        lambda incoming: ift6266.layers.TransposedConv2DLayer(incoming, 3, 4, 2, crop=1),
    ),
]
ABSTRACT = {layers.Layer, layers.MergeLayer, layers.Gate}  # not layers by themselves


# Theano's own optimizations do not terminate with this gradient.
WITHOUT_GRADIENT = {layers.PadLayer}


def results(mode, given, build, deterministic):
    """The output, and the gradients of a function of it, for all parameters and the input.

    Twice, since noise and running averages go on.
    """
    lasagne.random.set_rng(np.random.RandomState(1))
    array = given if isinstance(given, np.ndarray) else random(*given, dtype='float64')
    variable = T.TensorType(array.dtype, (False,) * array.ndim)()
    layer = build(InputLayer(array.shape, variable))
    output = layers.get_output(layer, deterministic=deterministic)
    params = layers.get_all_params(layer, trainable=True)
    wrt = params + [variable] * (array.dtype == 'float64')
    if type(layer) in WITHOUT_GRADIENT:
        wrt = []
    gradients = theano.grad((output**3).sum(), wrt, disconnected_inputs='ignore')
    function = theano.function([variable], [output, *gradients], mode=mode)
    return [result for _ in range(2) for result in function(array)] + [
        param.get_value() for param in layers.get_all_params(layer)
    ]


def check(given, build, deterministic):
    with theano.change_flags(floatX='float64'):
        ours = results(xla_mode(), given, build, deterministic)
        with as_defined():
            theirs = results(AS_DEFINED, given, build, deterministic)
    for one, other in zip(ours, theirs):
        assert one.dtype == other.dtype and one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_layers():
    for _, given, build in CASES:
        for deterministic in (False, True):
            yield check, given, build, deterministic


def test_no_layer_is_forgotten():
    public = {
        value
        for value in vars(layers).values()
        if inspect.isclass(value) and value.__module__.startswith('lasagne.layers')
    }
    assert public - ABSTRACT <= {layer for layer, _, _ in CASES}, public
