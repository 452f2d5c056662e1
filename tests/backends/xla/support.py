"""What the tests share: skipping without JAX, a comparison with Theano's own operations."""

import unittest

import numpy as np
import theano

from ift6266.backends.xla.library import load
from ift6266.backends.xla.mode import xla_mode
from ift6266.errors import InputError
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
