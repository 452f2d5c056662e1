"""The optimizers against their formulas, and the names of their state."""

import numpy as np
import theano
from nose.tools import assert_equal

from ift6266.training.optimizers import SGD, Adam, RMSProp

RATE, START = 0.1, np.zeros(3)
GRADIENTS = np.random.RandomState(1).normal(size=(4, 3))


def moved(optimizer, gradients=GRADIENTS, start=START):
    """A parameter after each of the gradients, in float64, without C programs."""
    param = theano.shared(start, 'a')
    gradient = param.type()
    with theano.change_flags(mode='FAST_COMPILE', floatX='float64'):
        step = theano.function([gradient], updates=optimizer([gradient], [param]))
    for value in gradients:
        step(value)
        yield param.get_value()


def test_adam():
    """Kingma and Ba (2015), algorithm 1 in the order of its section 2, with the report's β."""
    for beta1 in (0.5, 0.9):
        value, first, second = np.zeros(3), np.zeros(3), np.zeros(3)
        found = moved(Adam(RATE, beta1))
        for count, (ours, gradient) in enumerate(zip(found, GRADIENTS), start=1):
            first = beta1 * first + (1 - beta1) * gradient
            second = 0.999 * second + 0.001 * gradient**2
            rate = RATE * np.sqrt(1 - 0.999**count) / (1 - beta1**count)
            value = value - rate * first / (np.sqrt(second) + 1e-8)
            np.testing.assert_allclose(ours, value, rtol=1e-10)
    np.testing.assert_array_equal(list(moved(Adam(RATE))), list(moved(Adam(RATE, 0.5))))


def test_adam_with_weight_decay():
    """Loshchilov and Hutter (2019), algorithm 2; filters shrink, and biases do not."""
    start = np.full((3, 1), 2.0)
    plain, decayed, bias = [
        list(moved(optimizer, GRADIENTS.reshape(-1, *value.shape), value))
        for optimizer, value in (
            (Adam(RATE), start),
            (Adam(RATE, weight_decay=0.5), start),
            (Adam(RATE, weight_decay=0.5), start[:, 0]),
        )
    ]
    value, before = start, start
    for after, found in zip(plain, decayed):
        value = value * (1 - RATE * 0.5) + (after - before)
        before = after
        np.testing.assert_allclose(found, value, rtol=1e-10)
    np.testing.assert_allclose(np.reshape(bias, np.shape(plain)), plain, rtol=1e-10)


def test_rmsprop():
    value, square = np.zeros(3), np.zeros(3)
    for ours, gradient in zip(moved(RMSProp(RATE)), GRADIENTS):
        square = 0.9 * square + 0.1 * gradient**2
        value = value - RATE * gradient / np.sqrt(square + 1e-6)
        np.testing.assert_allclose(ours, value, rtol=1e-10)


def test_sgd():
    """With Nesterov's momentum as Sutskever et al. (2013) rewrite it: a step looks ahead."""
    for momentum in (0, 0.9):
        value, velocity = np.zeros(3), np.zeros(3)
        for ours, gradient in zip(moved(SGD(RATE, momentum)), GRADIENTS):
            velocity = momentum * velocity - RATE * gradient
            value = value + momentum * velocity - RATE * gradient
            np.testing.assert_allclose(ours, value, rtol=1e-10)


def test_names_of_the_state():
    for optimizer, names, shapes in (
        (
            Adam(RATE),
            ['a.first', 'a.second', 'b.first', 'b.second', 'count'],
            [(2,), (2,), (2, 3), (2, 3), ()],
        ),
        (RMSProp(RATE), ['a.square', 'b.square'], [(2,), (2, 3)]),
        (SGD(RATE), ['a.velocity', 'b.velocity'], [(2,), (2, 3)]),
    ):
        params = [theano.shared(np.zeros(2), 'a'), theano.shared(np.zeros((2, 3)), 'b')]
        updates = optimizer(sum((param**2).sum() for param in params), params)
        assert_equal([variable.name for variable in optimizer.state], names)
        assert_equal([variable.get_value().shape for variable in optimizer.state], shapes)
        assert_equal(set(updates), {*params, *optimizer.state})
