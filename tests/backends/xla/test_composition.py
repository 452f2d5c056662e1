"""Functions as one program: what they return and leave is that of calls one after the other."""

import unittest

import numpy as np
import theano
import theano.tensor as T
from theano.sandbox.rng_mrg import MRG_RandomStreams

from ift6266.backends import Backend
from tests.backends.xla.support import require_jax


class Functions:
    """Newton's iteration for the square root, and a mean over what is done.

    ``steps`` is how often ``improve`` has been called since ``begin``.
    """

    def __init__(self, backend):
        self.backend = backend
        self.root, self.steps = theano.shared(np.ones(3), 'root'), theano.shared(0, 'steps')
        self.rate = theano.shared(1.0, 'rate')
        number, factor = T.vector(), T.scalar()
        better = self.root + self.rate * (number / self.root - self.root) / 2
        with theano.change_flags(floatX='float64'):
            self.begin = backend.compile(
                [], [], updates=[(self.root, T.ones_like(self.root)), (self.steps, 0)]
            )
            self.improve = backend.compile(
                [number],
                {'error': abs(better**2 - number).max(), 'steps': self.steps},
                updates=[(self.root, better), (self.steps, self.steps + 1)],
            )
            self.scaled = backend.compile([factor], factor * self.root)
            self.count = backend.compile([], self.steps + 2)

    def solve(self, minibatch):
        """Begin, improve three times, then once more than twice what that makes."""
        self.begin()
        first = self.backend.repeat(3, self.improve, minibatch['numbers'])
        last = self.backend.repeat(self.count(), self.improve, minibatch['numbers'])
        return {
            'first error': first['error'],
            'last steps': last['steps'],
            'scaled': self.scaled(first['steps'].astype('float64')),
        }


class TestComposition(unittest.TestCase):
    def setUp(self):
        require_jax()
        with theano.change_flags(floatX='float64'):
            self.ours, self.theirs = Functions(Backend('xla')), Functions(Backend('theano'))

    def check(self, solve, numbers):
        one, other = solve({'numbers': numbers}), self.theirs.solve({'numbers': numbers})
        self.assertEqual(set(one), set(other))
        for name, value in one.items():
            np.testing.assert_allclose(value, other[name], rtol=1e-12, atol=1e-12, err_msg=name)
        for name in ('root', 'steps'):
            values = [getattr(each, name).get_value() for each in (self.ours, self.theirs)]
            self.assertEqual(values[0].dtype, values[1].dtype)
            np.testing.assert_allclose(*values, rtol=1e-12)

    def test_it_is_what_the_calls_are_one_after_the_other(self):
        solve = self.ours.backend.program(self.ours.solve)
        for numbers in (np.array([4.0, 9.0, 2.0]), np.array([1.0, 16.0, 3.0])):
            self.check(solve, numbers)
        self.assertEqual(self.ours.steps.get_value(), 3 + 5)

    def test_one_program_is_run_for_a_call(self):
        solve = self.ours.backend.program(self.ours.solve)
        self.check(solve, np.array([4.0, 9.0, 2.0]))
        for name in ('begin', 'improve', 'scaled', 'count'):
            setattr(self.ours, name, None)  # nobody calls them any more
        self.check(solve, np.array([5.0, 6.0, 7.0]))

    def test_shared_variables_that_it_only_reads_may_change(self):
        solve = self.ours.backend.program(self.ours.solve)
        for rate in (1.0, 0.5):
            for functions in (self.ours, self.theirs):
                functions.rate.set_value(rate)
            self.check(solve, np.array([4.0, 9.0, 2.0]))

    def test_minibatches_of_another_size(self):
        solve = self.ours.backend.program(self.ours.solve)
        for length in (3, 5):
            for functions in (self.ours, self.theirs):
                functions.root.set_value(np.ones(length))
            self.check(solve, 1.0 + np.arange(length))

    def test_a_composition_within_another(self):
        inner = self.ours.backend.program(self.ours.solve)
        self.check(self.ours.backend.program(lambda minibatch: inner(minibatch)), np.full(3, 7.0))

    def test_calls_in_turn_are_one_program(self):
        """Each has arguments and a rate of its own."""
        solve = self.ours.backend.program(self.ours.solve)
        for count in (3, 2):
            numbers = [{'numbers': np.arange(1.0, 4.0) + n} for n in range(count)]
            rates = [1 / (n + 1.0) for n in range(count)]
            ours = solve.each(numbers, {self.ours.rate: rates})
            theirs = []
            for rate, minibatch in zip(rates, numbers):
                self.theirs.rate.set_value(rate)
                theirs.append(self.theirs.solve(minibatch))
            for name, values in ours.items():
                expected = [each[name] for each in theirs]
                np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-12)
            np.testing.assert_allclose(self.ours.root.get_value(), self.theirs.root.get_value())

    def test_single_functions_go_on_with_what_it_leaves(self):
        self.check(self.ours.backend.program(self.ours.solve), np.array([4.0, 9.0, 2.0]))
        root = self.ours.root.get_value()
        np.testing.assert_allclose(self.ours.scaled(2.0), 2 * root)

    def test_without_a_program(self):
        self.check(self.ours.solve, np.array([4.0, 9.0, 2.0]))

    def test_other_backends_call_the_functions(self):
        self.assertEqual(self.theirs.backend.program(self.theirs.solve), self.theirs.solve)


def test_random_numbers_go_on():
    """Those that a program draws are those of calls one after the other."""
    require_jax()

    def drawing():
        backend = Backend('xla')
        draw = backend.compile([], MRG_RandomStreams(3).uniform((2,)))
        return backend, lambda: {'first': draw(), 'second': draw()}

    _, draw = drawing()
    backend, composed = drawing()
    program = backend.program(composed)
    for _ in range(2):
        one, other = program(), draw()
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])
    assert not np.array_equal(one['first'], one['second'])
