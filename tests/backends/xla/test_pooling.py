"""Pooling and its gradients against Theano's C code."""

from itertools import product

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.signal.pool import pool_2d, pool_3d

from tests.backends.xla.support import assert_same, random
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401

MODES = 'max', 'sum', 'average_inc_pad', 'average_exc_pad'


def check(mode, geometry, pool=pool_2d, shape=(2, 3, 7, 8)):
    """``geometry`` is (window, stride, pad, ignore_border)."""
    window, stride, pad, ignore_border = geometry
    maps = T.TensorType('float64', (False,) * len(shape))()
    pooled = pool(maps, window, ignore_border=ignore_border, stride=stride, pad=pad, mode=mode)
    gradient = theano.grad((pooled**2).sum(), maps)
    # Small whole numbers are often equal: each of them gets the gradient of their maximum.
    assert_same([maps], [pooled, gradient], [np.rint(random(*shape, dtype='float64'))], 1e-12)


def test_geometry():
    geometries = [
        ((2, 2), None, (0, 0), True),
        ((3, 2), (2, 3), (0, 0), True),
        ((3, 3), (2, 2), (1, 1), True),
        ((2, 3), (1, 2), (1, 0), True),
        ((2, 2), None, (0, 0), False),
        ((3, 3), (2, 2), (0, 0), False),
        ((2, 2), (3, 3), (0, 0), False),
    ]
    for mode, geometry in product(MODES, geometries):
        if mode != 'average_exc_pad' or geometry[2] == (0, 0):
            yield check, mode, geometry


def test_three_dimensions():
    yield check, 'max', ((2, 2, 2), None, (0, 0, 0), True), pool_3d, (2, 1, 4, 5, 6)


def test_whole_numbers():
    maps = T.itensor4()
    assert_same(
        [maps],
        [pool_2d(maps, (2, 2), ignore_border=True)],
        [random(1, 2, 4, 4, dtype='int32', high=9)],
    )
