"""Shapes, rearrangements and indices against Theano's own."""

import warnings

import numpy as np
import theano
import theano.tensor as T
from nose.tools import assert_raises_regex

from tests.backends.xla.support import assert_same, random, results, xla_mode
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401


def test_shapes():
    x = T.ftensor3()
    outputs = [
        x.shape,
        x.shape[1],
        x.size,
        x.reshape((x.shape[0], -1)),
        x.flatten(),
        x.flatten(2),
        x.reshape((2, 6, 5)),
        x.dimshuffle(2, 'x', 0, 1),
        T.alloc(x[0, 0, 0], x.shape[1], 2),
        T.zeros((x.shape[2], 3)),
        T.ones_like(x),
        T.specify_shape(x, (3, 4, 5)),
        T.stack([x.shape[0], 7]),
        x.T,
        x.mean() * T.cast(T.prod(x.shape), 'float32'),
    ]
    assert_same([x], outputs, [random(3, 4, 5)])


def test_axes_of_length_one():
    x = T.TensorType('float32', (False, True, True))()
    assert_same([x], [x.dimshuffle(0), x.dimshuffle(1, 0), T.addbroadcast(x, 1)], [random(3, 1, 1)])


def test_new_arrays():
    n, x = T.iscalar(), T.fmatrix()
    assert_same(
        [x],
        [
            T.arange(x.shape[0]),
            T.arange(1, 8, 2),
            T.arange(5, dtype='float32'),
            T.eye(x.shape[1]),
            T.eye(3, 4, 1),
            T.constant(np.arange(3.0)),
        ],
        [random(3, 4)],
    )
    with assert_raises_regex(TypeError, 'must follow from constants and shapes'):
        results(xla_mode(), [n], T.zeros((n, 2)), [3])


def test_joined_split_and_repeated():
    x, y = T.fmatrices(2)
    outputs = [
        T.concatenate([x, y]),
        T.concatenate([x, x], axis=1),
        T.stack([x, y]),
        *T.split(x, [1, 3], 2, axis=1),
        T.repeat(x, 2, axis=1),
        T.repeat(x, 2),
        T.tile(x, (2, 3)),
        T.extra_ops.to_one_hot(T.arange(3), 4),
    ]
    outputs.append(theano.grad((T.concatenate([x, y], axis=1) ** 2).sum(), y))
    assert_same([x, y], outputs, [random(3, 4), random(3, 4, seed=1)])


def test_parts():
    x, i = T.ftensor3(), T.iscalar()
    parts = [
        x[1],
        x[-1, :, 2],
        x[:, ::-1],
        x[1:3, ::2, -2:],
        x[..., 0],
        x[i],
        x[:, None, 1:, :],
        x[: x.shape[0] - 1],
        x[0, 1, 2],
    ]
    outputs = parts + [theano.grad((part**2).sum(), x) for part in parts]
    outputs += [T.set_subtensor(part, 5) for part in parts]
    outputs += [T.inc_subtensor(x[:, i], 2 * x[:, 0])]
    assert_same([x, i], outputs, [random(3, 4, 5), 1])


def test_the_whole_as_a_part():
    x, y = T.fmatrices(2)
    whole = x[: y.shape[0]]
    assert_same(
        [x, y],
        [
            T.inc_subtensor(whole, y)[::-1],
            T.set_subtensor(whole, y)[::-1],
            T.inc_subtensor(whole, y[0]),
        ],
        [random(3, 4), random(3, 4, seed=1)],
    )


def test_parts_by_indices():
    x, i, j = T.ftensor3(), T.ivector(), T.lvector()
    parts = [x[i], x[i, j], x[:, i], x[i, :, j], x[T.arange(2), j, 1], x[i.dimshuffle('x', 0)]]
    outputs = parts + [theano.grad((part**2).sum(), x) for part in parts]
    outputs += [T.set_subtensor(x[i], 5), T.set_subtensor(x[i, j], 5), T.inc_subtensor(x[i, j], 1)]
    assert_same(
        [x, i, j], outputs, [random(3, 4, 5), np.array([0, 2], 'i4'), np.array([-1, 1], 'i8')]
    )


def test_indices_that_occur_twice():
    x, i = T.fmatrix(), T.ivector()
    assert_same(
        [x, i],
        [T.inc_subtensor(x[i], 1), theano.grad((x[i] ** 2).sum(), x)],
        [random(3, 4), np.array([1, 1, 0], 'i4')],
    )


def test_parts_of_more_precision_are_cast():
    """As Theano does it; JAX warns, and is going to refuse."""
    from ift6266.backends.xla.indexing import with_changes

    array, part = np.ones((3, 2), 'f4'), np.full(2, np.pi)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for overwrite, expected in ((True, np.pi), (False, 1 + np.pi)):
            for places in ((1,), (slice(None),)):
                result = with_changes(array, places, part, overwrite=overwrite)
                assert result.dtype == 'float32'
                np.testing.assert_allclose(result[1], expected, rtol=1e-6)


def test_conditions_that_are_known_are_checked():
    x = T.fvector()
    checked = T.opt.Assert('too short')(x, x.shape[0] > 2)
    np.testing.assert_array_equal(results(xla_mode(), [x], checked, [np.ones(3, 'f4')]), 1)
    with assert_raises_regex(AssertionError, 'too short'):
        results(xla_mode(), [x], checked, [np.ones(2, 'f4')])
