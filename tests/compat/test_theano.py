"""What Theano computes where its programs and functions had to be changed, against NumPy."""

import unittest
import warnings

import numpy as np
import theano
import theano.tensor as T
from numpy.random import RandomState
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.nnet.conv import conv2d
from theano.tensor.raw_random import normal, random_state_type
from theano.tensor.signal.pool import pool_2d

from tests.support import require_compiler

NUMBERS = RandomState(1).randn(3, 4).astype('float32')


class TestPrograms(unittest.TestCase):
    def test_complex_numbers(self):
        z = T.cmatrix()
        function = theano.function([z], [T.real(z * z), T.imag(z), z * z + 2, abs(z)])
        value = (NUMBERS + 1j * NUMBERS[::-1]).astype('complex64')
        for found, expected in zip(
            function(value), [(value * value).real, value.imag, value * value + 2, abs(value)]
        ):
            np.testing.assert_allclose(found, expected, rtol=1e-5)

    def test_all_axes(self):
        x = T.matrix()
        maximum, argmax = T.max_and_argmax(x)
        found = theano.function([x], [T.cumsum(x), T.cumprod(x), T.cumsum(x, 1), maximum, argmax])(
            NUMBERS
        )
        for value, expected in zip(
            found,
            [
                NUMBERS.cumsum(),
                NUMBERS.cumprod(),
                NUMBERS.cumsum(1),
                NUMBERS.max(),
                NUMBERS.argmax(),
            ],
        ):
            np.testing.assert_allclose(value, expected, rtol=1e-5)

    def test_a_row_and_its_indices(self):
        x, rows = T.matrix(), T.lvector()
        function = theano.function([x, rows], [x[rows], T.inc_subtensor(x[rows], 1)])
        taken, increased = function(NUMBERS, [2, 0, 2])
        expected = NUMBERS.copy()
        np.add.at(expected, [2, 0, 2], 1)
        np.testing.assert_array_equal(taken, NUMBERS[[2, 0, 2]])
        np.testing.assert_allclose(increased, expected, rtol=1e-6)

    def test_products_by_the_blas(self):
        x, y, v = T.matrix(), T.matrix(), T.vector()
        function = theano.function([x, y, v], [2 * T.dot(x, y) + 1, T.dot(x, v), T.outer(v, v)])
        a, b, c = NUMBERS, NUMBERS.T.copy(), NUMBERS[0]
        for found, expected in zip(function(a, b, c), [2 * a @ b + 1, a @ c, np.outer(c, c)]):
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


class TestFunctions(unittest.TestCase):
    def test_constants_are_scalars(self):
        """Without np.complex Theano would find none, and raise nothing."""
        self.assertEqual(T.basic.numpy_scalar(np.float32(3)), 3)
        self.assertEqual(T.get_scalar_constant_value(T.constant(2.5)), 2.5)

    def test_constants_keep_their_digits(self):
        with theano.change_flags(floatX='float64'):
            self.assertEqual(T.constant(0.3).dtype, 'float64')
            self.assertEqual(T.constant(0.3).value, 0.3)
            self.assertEqual(
                [T.constant(value).dtype for value in (0.5, 1, 300, float('inf'))],
                ['float32', 'int8', 'int16', 'float32'],
            )
            self.assertEqual(T.constant(np.float64(0.5)).dtype, 'float64')  # of a type on purpose
        self.assertEqual(T.constant(0.3).dtype, 'float32')

    def test_inverse_in_python(self):
        with theano.change_flags(floatX='float64'):
            x = T.matrix()
            function = theano.function([x], 1 / x, mode='FAST_COMPILE')
            value = NUMBERS.astype('float64') * np.pi
            np.testing.assert_array_equal(function(value), 1 / value)
            with np.errstate(divide='ignore'):
                self.assertEqual(function([[0]]), np.inf)

    def test_random_streams_in_python_are_those_in_c(self):
        def draw(mode):
            stream = MRG_RandomStreams(7)
            return theano.function(
                [], [stream.uniform((3, 4)), stream.binomial((5,), p=0.3)], mode=mode
            )()

        for found, expected in zip(draw(theano.Mode('py', None)), draw(theano.Mode('c|py'))):
            np.testing.assert_allclose(found, expected, rtol=1e-6)

    def test_a_draw_leaves_the_state_that_it_was_given(self):
        state = RandomState(3)
        rng = random_state_type()
        draw = theano.function([rng], normal(rng, (4,))[1])
        expected = RandomState(3).normal(size=4).astype('float32')
        for _ in range(2):
            np.testing.assert_allclose(draw(state), expected, rtol=1e-6)

    def test_scan(self):
        x = T.matrix()
        sums, updates = theano.scan(
            lambda row, total: total + row**2, sequences=x, outputs_info=T.zeros_like(x[0])
        )
        gradient = T.grad(sums[-1].sum(), x)
        found, slope = theano.function([x], [sums, gradient], updates=updates)(NUMBERS)
        np.testing.assert_allclose(found, (NUMBERS**2).cumsum(0), rtol=1e-5)
        np.testing.assert_allclose(slope, 2 * NUMBERS, rtol=1e-5)

    def test_pooling_in_python(self):
        x = T.tensor4()
        pooled = pool_2d(x, (2, 2), ignore_border=True)
        function = theano.function(
            [x], [pooled, theano.grad(pooled.sum(), x)], mode=theano.Mode('py', optimizer=None)
        )
        value, gradient = function(np.arange(8, dtype='float32').reshape(1, 1, 2, 4))
        self.assertEqual(value.tolist(), [[[[5, 7]]]])
        self.assertEqual(gradient.tolist(), [[[[0, 0, 0, 0], [0, 1, 0, 1]]]])

    def test_convolution_without_a_blas(self):
        """By the program in C of the older operation."""
        require_compiler()
        x, w = T.tensor4(), T.tensor4()
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')  # it is deprecated
            function = theano.function([x, w], conv2d(x, w))
        pictures = NUMBERS.reshape(1, 1, 3, 4)
        expected = NUMBERS[:-1, :-1] - NUMBERS[1:, 1:]
        filters = np.float32([[[[-1, 0], [0, 1]]]])
        np.testing.assert_array_equal(function(pictures, filters)[0, 0], expected)

    def test_convolution_in_python(self):
        """Theano's, by SciPy's, without a program in C."""
        x, w = T.tensor4(), T.tensor4()
        function = theano.function(
            [x, w], T.nnet.conv2d(x, w, border_mode='valid'), mode=theano.Mode('py', optimizer=None)
        )
        pictures = NUMBERS.reshape(1, 1, 3, 4)
        filters = NUMBERS[:2, :2].reshape(1, 1, 2, 2)
        expected = sum(
            filters[0, 0, 1 - i, 1 - j] * pictures[:, :, i : i + 2, j : j + 3]
            for i in range(2)
            for j in range(2)
        )
        np.testing.assert_allclose(function(pictures, filters), expected, rtol=1e-5)
