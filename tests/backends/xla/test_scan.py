"""Theano's loops and their gradients, against Theano's own loop in Python."""
import numpy as np
import theano
import theano.tensor as T
from nose.tools import assert_raises_regex
from theano.sandbox.rng_mrg import MRG_RandomStreams

from ift6266.backends.xla.mode import xla_mode
from ift6266.backends.xla.registry import Untranslated
from tests.backends.xla.support import assert_same, random
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401

IN_PYTHON = theano.Mode('py', 'fast_run')


def scan(*arguments, **kwargs):
    results, _ = theano.scan(*arguments, **kwargs)
    return results


def check(inputs, outputs, arrays, **kwargs):
    """Each output alone, since a loop keeps only what is asked for, and all together."""
    for asked in [[output] for output in outputs] + [outputs]:
        assert_same(inputs, asked, arrays, mode=IN_PYTHON, **kwargs)


def with_gradient(result, *wrt):
    return [result, result[-1], result[-3:], *theano.grad((result ** 2).sum(), wrt)]


def test_sums():
    x = T.fvector()
    for backwards in (False, True):
        total = scan(lambda number, before: before + number, x, T.zeros(()),
                     go_backwards=backwards)
        check([x], with_gradient(total, x), [random(7)])


def test_recurrent_network():
    sequence, state, weights = T.ftensor3(), T.fmatrix(), T.fmatrix()
    states = scan(lambda row, state, weights: T.tanh(row + T.dot(state, weights)),
                  sequence, state, weights)
    check([sequence, state, weights], with_gradient(states, sequence, state, weights),
          [random(6, 3, 4), random(3, 4), random(4, 4)], tolerance=1e-5)


def test_several_taps():
    x = T.fvector()
    fibonacci = scan(lambda one, other: one + other,
                     outputs_info={'initial': x, 'taps': [-2, -1]}, n_steps=9)
    check([x], with_gradient(fibonacci, x), [random(2)])
    products = scan(lambda before, after, state: before * after + state,
                    {'input': x, 'taps': [-1, 2]}, T.zeros(()))
    check([x], with_gradient(products, x), [random(9)])


def test_steps_without_a_state():
    x = T.fmatrix()
    squares = scan(lambda row: [row ** 2, T.cast(row.sum(), 'int64')], x)
    check([x], [*squares, theano.grad(squares[0].sum(), x)], [random(4, 3)])
    check([], [scan(lambda number: 2 * number, T.arange(5))], [])


def test_a_number_of_steps():
    x, count = T.fvector(), T.iscalar()
    powers = scan(lambda power, x: power * x, outputs_info=T.ones_like(x), non_sequences=x,
                  n_steps=x.shape[0])
    check([x], with_gradient(powers, x), [random(5)], tolerance=1e-5)
    shorter = scan(lambda number: 2 * number, x, n_steps=3)
    check([x], [shorter], [random(5)])
    counted = scan(lambda power, x: power * x, outputs_info=T.ones_like(x), non_sequences=x,
                   n_steps=count)
    with assert_raises_regex(TypeError, 'must follow from constants and shapes'):
        theano.function([x, count], counted, mode=xla_mode())(random(5), 3)


def test_truncated_gradient():
    x = T.fvector()
    products = scan(lambda number, before: before * number, x, T.ones(()), truncate_gradient=2)
    check([x], [theano.grad(products.sum(), x)], [random(5)])


def test_loops_in_loops():
    x, y = T.fmatrix(), T.fvector()
    products = scan(lambda row: scan(lambda number, before: before * number, row, T.ones(())), x)
    check([x], with_gradient(products, x), [random(5, 4)])
    check([y], [theano.gradient.hessian((y ** 3).sum(), y)], [random(3)])


def test_shared_variables():
    x, rate = T.fvector(), theano.shared(np.float32(1))
    results, updates = theano.scan(lambda number: (number * rate, {rate: rate + 1}), x)
    function = theano.function([x], results, updates=updates, mode=xla_mode())
    for expected in ([1, 2, 3], [4, 5, 6]):
        np.testing.assert_array_equal(function(np.ones(3, 'f4')), expected)
    assert rate.get_value() == 7


def test_random_numbers():
    drawn = []
    for mode in (xla_mode(), IN_PYTHON):
        streams = MRG_RandomStreams(3)
        numbers, updates = theano.scan(lambda: streams.uniform((2,)), n_steps=3)
        function = theano.function([], numbers, updates=updates, mode=mode)
        drawn.append([function(), function()])
    np.testing.assert_array_equal(*drawn)


def test_loops_that_stop_by_a_condition_are_refused():
    x = T.fscalar('x')
    doubled = scan(lambda number: (2 * number, theano.scan_module.until(number > 20)),
                   outputs_info=x, n_steps=50)
    with assert_raises_regex(Untranslated, 'stops by a condition'):
        theano.function([x], doubled, mode=xla_mode())
