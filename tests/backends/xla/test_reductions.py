"""Sums, extremes, softmax and entropies against Theano's own."""

import numpy as np
import theano
import theano.tensor as T

from tests.backends.xla.support import assert_same, random, xla_mode
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401


def check_axes(axis):
    x, n, b = T.ftensor3(), T.itensor3(), T.TensorType('bool', (False,) * 3)()
    array = random(3, 4, 5)
    outputs = [
        function(variable, axis=axis)
        for variable in (x, n)
        for function in (T.sum, T.prod, T.max, T.min, T.mean, T.var, T.argmax, T.argmin)
    ]
    outputs += [T.all(b, axis=axis), T.any(b, axis=axis), T.sum(x, axis=axis, keepdims=True)]
    assert_same([x, n, b], outputs, [array, (5 * array).astype('i4'), array > -1.5], 1e-5)


def test_axes():
    for axis in (None, 0, 1, -1, (0, 2), (0, 1, 2)):
        yield check_axes, axis


def test_data_types_of_sums():
    for dtype in ('bool', 'int8', 'uint8', 'int32', 'float32'):
        x = T.TensorType(dtype, (False, False))()
        outputs = [
            x.sum(),
            x.sum(0),
            T.prod(x, 1),
            x.sum(dtype='float64'),
            x.sum(acc_dtype='float64'),
        ]
        yield assert_same, [x], outputs, [random(3, 4, dtype=dtype, low=0, high=5)]


def test_gradients():
    x = T.dmatrix()
    losses = [
        T.max(x, axis=1).sum(),
        T.sum(x**2),
        T.nnet.softmax(x)[:, 0].sum(),
        T.nnet.logsoftmax(x)[:, 1].sum(),
    ]
    assert_same([x], [theano.grad(loss, x) for loss in losses], [random(3, 4, dtype='float64')])


def test_softmax_and_entropies():
    x, bias, classes, target = T.dmatrix(), T.dvector(), T.ivector(), T.dmatrix()
    arrays = [
        random(3, 4, dtype='float64'),
        random(4, dtype='float64'),
        np.array([0, 3, 1], 'i4'),
        np.full((3, 4), 0.25),
    ]
    softmax = T.nnet.softmax(x + bias)
    entropies = [
        T.nnet.categorical_crossentropy(softmax, classes).mean(),
        T.nnet.categorical_crossentropy(softmax, target).mean(),
        T.nnet.binary_crossentropy(T.nnet.sigmoid(x), target).mean(),
        -T.log(softmax)[T.arange(3), classes].mean(),
    ]
    outputs = [softmax, T.nnet.logsoftmax(x)] + entropies
    outputs += [theano.grad(loss, x) for loss in entropies]
    outputs += list(T.nnet.crossentropy_softmax_argmax_1hot_with_bias(x, bias, classes))
    assert_same([x, bias, classes, target], outputs, arrays)


def test_entropies_are_stable():
    x, classes = T.fmatrix(), T.ivector()
    logarithm = T.log(T.nnet.softmax(x))
    loss = T.nnet.categorical_crossentropy(T.nnet.softmax(x), classes)
    function = theano.function(
        [x, classes], [logarithm, loss, theano.grad(loss.sum(), x)], mode=xla_mode()
    )
    for result in function(np.array([[0, 1000]], 'f4'), np.array([0], 'i4')):
        assert np.isfinite(result).all()
