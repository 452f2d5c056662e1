"""Convolutions and their gradients, of random geometry, against Theano's definitions."""

from itertools import product
from unittest.mock import patch

import numpy as np
import theano
import theano.tensor as T
from nose.tools import assert_raises_regex
from theano.tensor.nnet import abstract_conv

from ift6266.backends.xla.mode import xla_mode
from ift6266.backends.xla.registry import Untranslated
from tests.backends.xla.support import assert_same, random
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401

GEOMETRIES = 24
MANY = 9  # channels


def forward_and_gradients(maps, filters, operation, **geometry):
    """A convolution, and both gradients of it, weighted otherwise in each place."""
    result = operation(maps, filters, **geometry)
    weighted = (result * T.arange(1, result.size + 1).reshape(result.shape) % 7).sum()
    return [result, *theano.grad(weighted, [maps, filters])]


def check(maps_shape, filters_shape, dtype='float64', operation=T.nnet.conv2d, **geometry):
    maps, filters = [T.TensorType(dtype, (False,) * len(maps_shape))() for _ in range(2)]
    outputs = forward_and_gradients(maps, filters, operation, **geometry)
    assert_same(
        [maps, filters],
        outputs,
        [random(*maps_shape, dtype=dtype), random(*filters_shape, dtype=dtype, seed=1)],
        1e-12 if dtype == 'float64' else 1e-5,
    )


def test_random_geometry():
    draw = np.random.RandomState(3)
    for _ in range(GEOMETRIES):
        rows, columns = draw.randint(1, 5, 2)
        modes = ['valid', 'full', 'half', tuple(map(int, draw.randint(0, 3, 2))), ((1, 2), (0, 1))]
        yield (
            (lambda maps, filters, geometry: check(maps, filters, **geometry)),
            (2, 3, rows + draw.randint(0, 6), columns + draw.randint(0, 6)),
            (4, 3, rows, columns),
            {
                'border_mode': modes[draw.randint(len(modes))],
                'subsample': tuple(map(int, draw.randint(1, 4, 2))),
                'filter_flip': bool(draw.randint(2)),
            },
        )


def test_groups_and_dilation():
    yield (lambda: check((2, 4, 7, 6), (6, 2, 3, 2), num_groups=2, border_mode=1))
    yield (lambda: check((2, 2, 9, 8), (3, 2, 3, 2), filter_dilation=(2, 3), subsample=(2, 1)))


def test_many_channels():
    """More than a picture has: the gradients have another form."""
    for stride, pad, flip in ((2, 1, True), (1, (1, 2), False), (3, 'half', True)):
        yield (
            (
                lambda stride, pad, flip: check(
                    (2, MANY, 8, 7),
                    (4, MANY, 4, 3),
                    border_mode=pad,
                    subsample=(stride, 2),
                    filter_flip=flip,
                )
            ),
            stride,
            pad,
            flip,
        )


def test_float32():
    check((2, 3, 8, 8), (4, 3, 4, 4), 'float32', border_mode=1, subsample=(2, 2))


def test_three_dimensions():
    for border_mode, stride in product(('valid', (1, 0, 2)), ((1, 1, 1), (2, 1, 3))):
        yield (
            (
                lambda border_mode, stride: check(
                    (2, 2, 5, 6, 7),
                    (3, 2, 3, 2, 2),
                    operation=T.nnet.conv3d,
                    border_mode=border_mode,
                    subsample=stride,
                )
            ),
            border_mode,
            stride,
        )


def test_gradients_as_layers():
    """A transposed convolution whose size is known from the graph alone, and its gradients."""
    maps, filters = T.dtensor4s(2)
    transposed = abstract_conv.conv2d_grad_wrt_inputs(
        maps, filters, (None, 3, 11, 9), border_mode=1, subsample=(2, 2)
    )
    outputs = [transposed, *theano.grad((transposed**2).sum(), [maps, filters])]
    assert_same(
        [maps, filters],
        outputs,
        [random(2, 4, 5, 4, dtype='float64'), random(4, 3, 4, 4, dtype='float64', seed=1)],
        1e-12,
    )


def test_forms_of_other_devices():
    """XLA's own gradients, which all devices but CPUs take."""
    with patch('jax.default_backend', return_value='gpu'):
        check((2, 3, 8, 7), (4, 3, 4, 3), border_mode=1, subsample=(2, 3))


def test_precision():
    maps, filters = T.ftensor4s(2)
    arrays = random(2, 8, 8, 8), random(8, 8, 4, 4, seed=1)
    outputs = forward_and_gradients(maps, filters, T.nnet.conv2d, border_mode=1, subsample=(2, 2))
    exact, tf32, bfloat16 = [
        theano.function([maps, filters], outputs, mode=xla_mode(precision))(*arrays)
        for precision in ('float32', 'tf32', 'bfloat16')
    ]
    for ours, less, least in zip(exact, tf32, bfloat16):
        assert ours.dtype == least.dtype == 'float32'
        scale = np.abs(ours).max()
        assert np.abs(less - ours).max() < 1e-3 * scale
        assert 1e-5 * scale < np.abs(least - ours).max() < 2e-2 * scale


def test_filters_that_are_not_shared_are_refused():
    maps, filters = T.ftensor4(), T.TensorType('float32', (False,) * 6)()
    local = abstract_conv.AbstractConv2d(unshared=True)(maps, filters)
    with assert_raises_regex(Untranslated, 'not shared.*AbstractConv2d|AbstractConv2d.*not shared'):
        theano.function([maps, filters], local, mode=xla_mode())
