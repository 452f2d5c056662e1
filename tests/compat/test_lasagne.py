"""Lasagne's pooling, which calls Theano's by its old name."""

import warnings

import lasagne
import numpy as np
import theano
import theano.tensor as T


def test_pooling():
    pictures = np.arange(16, dtype='float32').reshape(1, 1, 4, 4)
    layer = lasagne.layers.MaxPool2DLayer(lasagne.layers.InputLayer((1, 1, 4, 4)), 2)
    x = T.tensor4()
    pooled = theano.function([x], lasagne.layers.get_output(layer, x))(pictures)
    assert pooled.tolist() == [[[[5, 7], [13, 15]]]]


def test_a_convolution_warns_of_nothing():
    layer = lasagne.layers.Conv2DLayer(lasagne.layers.InputLayer((1, 1, 4, 4)), 2, 3)
    with warnings.catch_warnings(record=True) as caught:
        lasagne.layers.get_output(layer, T.tensor4())
    assert not caught, caught


def test_version():
    assert lasagne.__version__ == '0.1'
