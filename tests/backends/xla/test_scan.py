"""Theano's loops and their gradients, against Theano's own loop in Python."""

from functools import partial

import numpy as np
import theano
import theano.tensor as T
from nose.tools import assert_raises_regex
from theano.sandbox.rng_mrg import MRG_RandomStreams

from ift6266.backends.xla.mode import xla_mode
from ift6266.backends.xla.registry import Untranslated
from tests.backends.cpu.support import AS_DEFINED
from tests.backends.xla.support import assert_same, random
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401


def scan(*arguments, **kwargs):
    results, _ = theano.scan(*arguments, **kwargs)
    return results


def with_gradients(result, *wrt):
    return [result, *theano.grad((result**2).sum(), wrt)]


def running_sum(x, **kwargs):
    return scan(lambda number, before: before + number, x, T.zeros(()), **kwargs)


def fibonacci(x):
    return scan(
        lambda one, other: one + other, outputs_info={'initial': x, 'taps': [-2, -1]}, n_steps=9
    )


def test_sums():
    x = T.fvector()
    for backwards in (False, True):
        assert_same([x], with_gradients(running_sum(x, go_backwards=backwards), x), [random(7)])


def test_the_last_results_alone():
    """Of others the loop keeps nothing."""
    x = T.fvector()
    for result, array in ((running_sum(x), random(7)), (fibonacci(x), random(2))):
        for last in (result[-1], result[-3:]):
            assert_same([x], [last], [array])


def test_recurrent_network():
    sequence, state, weights = T.ftensor3(), T.fmatrix(), T.fmatrix()
    states = scan(
        lambda row, state, weights: T.tanh(row + T.dot(state, weights)), sequence, state, weights
    )
    inputs = [sequence, state, weights]
    assert_same(
        inputs,
        with_gradients(states, *inputs),
        [random(6, 3, 4), random(3, 4), random(4, 4)],
        tolerance=1e-5,
    )


def test_several_taps():
    x = T.fvector()
    assert_same([x], with_gradients(fibonacci(x), x), [random(2)])
    products = scan(
        lambda before, after, state: before * after + state,
        {'input': x, 'taps': [-1, 2]},
        T.zeros(()),
    )
    assert_same([x], with_gradients(products, x), [random(9)])


def test_steps_without_a_state():
    x = T.fmatrix()
    squares = scan(lambda row: [row**2, T.cast(row.sum(), 'int64')], x)
    assert_same([x], [*squares, theano.grad(squares[0].sum(), x)], [random(4, 3)])
    assert_same([], [scan(lambda number: 2 * number, T.arange(5))], [])


def test_a_number_of_steps():
    x, count = T.fvector(), T.iscalar()
    powers = scan(
        lambda power, x: power * x, outputs_info=T.ones_like(x), non_sequences=x, n_steps=x.shape[0]
    )
    assert_same([x], with_gradients(powers, x), [random(5)], tolerance=1e-5)
    doubled = scan(lambda number: 2 * number, x, n_steps=3)
    assert_same([x], [doubled], [random(5)])
    with assert_raises_regex(ValueError, 'cannot make 3 steps'):
        theano.function([x], doubled, mode=xla_mode())(random(2))
    counted = scan(
        lambda power, x: power * x, outputs_info=T.ones_like(x), non_sequences=x, n_steps=count
    )
    with assert_raises_regex(TypeError, 'must follow from constants and shapes'):
        theano.function([x, count], counted, mode=xla_mode())(random(5), 3)


def test_truncated_gradient():
    x = T.fvector()
    products = scan(lambda number, before: before * number, x, T.ones(()), truncate_gradient=2)
    assert_same([x], [theano.grad(products.sum(), x)], [random(5)])


def test_loops_in_loops():
    x, y = T.fmatrix(), T.fvector()
    products = scan(lambda row: scan(lambda number, before: before * number, row, T.ones(())), x)
    assert_same([x], with_gradients(products, x), [random(5, 4)])
    assert_same([y], [theano.gradient.hessian((y**3).sum(), y)], [random(3)])


def test_shared_variables():
    x, rate = T.fvector(), theano.shared(np.float32(1))
    results, updates = theano.scan(lambda number: (number * rate, {rate: rate + 1}), x)
    function = theano.function([x], results, updates=updates, mode=xla_mode())
    for expected in ([1, 2, 3], [4, 5, 6]):
        np.testing.assert_array_equal(function(np.ones(3, 'f4')), expected)
    assert rate.get_value() == 7


def test_random_numbers():
    drawn = []
    for mode in (xla_mode(), AS_DEFINED):
        streams = MRG_RandomStreams(3)
        numbers, updates = theano.scan(partial(streams.uniform, (2,)), n_steps=3)
        function = theano.function([], numbers, updates=updates, mode=mode)
        drawn.append([function(), function()])
    np.testing.assert_array_equal(*drawn)


def test_loops_that_stop_by_a_condition_are_refused():
    x = T.fscalar('x')
    doubled = scan(
        lambda number: (2 * number, theano.scan_module.until(number > 20)),
        outputs_info=x,
        n_steps=50,
    )
    with assert_raises_regex(Untranslated, 'stops by a condition'):
        theano.function([x], doubled, mode=xla_mode())
