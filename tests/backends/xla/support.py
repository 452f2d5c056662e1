"""What the tests share: skipping without JAX, a comparison with Theano's own operations, small
networks."""

import unittest

import numpy as np
import theano
from lasagne.layers import InputLayer
from lasagne.nonlinearities import LeakyRectify, sigmoid

from ift6266.backends.xla.library import load
from ift6266.backends.xla.mode import xla_mode
from ift6266.errors import InputError
from ift6266.layers import Conv2DLayer
from ift6266.networks.blocks import conv_block, transposed_conv_block
from tests.backends.cpu.support import AS_DEFINED, as_defined


def require_jax():
    """Skip, saying why, where there is no JAX; a module of tests calls it as ``setup_module``."""
    try:
        load()
    except InputError as reason:
        raise unittest.SkipTest(str(reason)) from None


def results(mode, inputs, outputs, arrays, **kwargs):
    return theano.function(inputs, outputs, mode=mode, on_unused_input='ignore', **kwargs)(*arrays)


def assert_same(inputs, outputs, arrays, tolerance=1e-6, mode=AS_DEFINED):
    """Expressions compute the same by XLA as by Theano, in the same data types.

    ``tolerance`` is relative to the largest number of each result.
    """
    ours = results(xla_mode(), inputs, outputs, arrays)
    with as_defined():
        theirs = results(mode, inputs, outputs, arrays)
    for mine, other in zip(ours, theirs):
        assert type(mine) is np.ndarray and mine.dtype == other.dtype, (mine.dtype, other.dtype)
        assert mine.shape == other.shape, (mine.shape, other.shape)
        scale = max(1, np.abs(other[np.isfinite(other)]).max()) if other.size else 1
        np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance * float(scale))


def random(*shape, dtype='float32', low=-2, high=2, seed=0):
    """An array of this shape, uniform between ``low`` and ``high``."""
    return np.random.RandomState(seed).uniform(low, high, shape).astype(dtype)


def small_networks():
    """For pictures of 16×16: all kinds of layers, and few of them, which are quickly compiled."""
    return small_generator(), small_critic(), small_generator()


def small_generator():
    context = InputLayer((None, 3, 16, 16), name='context')
    conv1 = conv_block(context, 4, name='conv1')
    conv2 = conv_block(conv1, 6, name='conv2')
    tconv1 = transposed_conv_block(conv2, 4, skip=conv1, name='tconv1')
    return Conv2DLayer(tconv1, 3, 3, pad=1, b=None, nonlinearity=sigmoid, name='conv3')


def small_critic():
    centre = InputLayer((None, 3, 8, 8), name='centre')
    conv1 = conv_block(centre, 4, nonlinearity=LeakyRectify(0.01), name='conv1')
    return Conv2DLayer(conv1, 5, 4, b=None, nonlinearity=None, name='conv2')
