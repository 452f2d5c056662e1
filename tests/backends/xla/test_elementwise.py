"""Elementwise operations against Theano's own, for all data types that go with them."""

import numpy as np
import theano
import theano.tensor as T

from tests.backends.xla.support import assert_same, random
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401

UNARY = (
    'neg sgn abs_ ceil floor trunc round_half_to_even sqr exp exp2 '
    'expm1 sin cos tan arctan sinh cosh tanh arcsinh deg2rad rad2deg erf erfc isnan isinf '
    'identity'
).split()
POSITIVE = 'inv log log2 log10 log1p sqrt gamma gammaln arccosh'.split()
BELOW_ONE = 'arcsin arccos arctanh erfinv'.split()
BINARY = ('add sub mul true_div maximum minimum lt gt le ge eq neq arctan2 second').split()
DTYPES = 'bool int8 uint8 int32 int64 float32 float64'.split()


def check_unary(name, low, high, dtype):
    operation = getattr(T, name, None) or getattr(T, name.replace('identity', 'tensor_copy'))
    x = T.TensorType(dtype, (False, False))()
    values = random(3, 5, dtype=dtype, low=low, high=high)
    assert_same([x], [operation(x)], [values], 3e-5 if name == 'gamma' else 3e-6)


def test_functions_of_one_argument():
    for dtype in ('float32', 'float64'):
        for names, low, high in ((UNARY, -2, 2), (POSITIVE, 1.1, 4), (BELOW_ONE, -0.9, 0.9)):
            for name in names:
                if hasattr(T, name) or name == 'identity':
                    yield check_unary, name, low, high, dtype
    for name in ('neg', 'sgn', 'abs_', 'sqr', 'exp', 'sqrt', 'tanh'):
        yield check_unary, name, 1, 5, 'int32'


def check_binary(name):
    operation = getattr(T, name)
    inputs, outputs, arrays = [], [], []
    for first in DTYPES:
        for second in DTYPES:
            if 'bool' in (first, second) and name == 'sub':
                continue
            x, y = T.TensorType(first, (False,))(), T.TensorType(second, (False,))()
            inputs += [x, y]
            outputs.append(operation(x, y))
            arrays += [
                random(6, dtype=first, low=0, high=9, seed=1),
                random(6, dtype=second, low=1, high=9, seed=2),
            ]
    assert_same(inputs, outputs, arrays)


def test_functions_of_two_arguments_and_their_data_types():
    for name in BINARY:
        yield check_binary, name


def test_division_with_remainder():
    for dtype in ('int32', 'int64', 'float32'):
        x, y = T.TensorType(dtype, (False,))(), T.TensorType(dtype, (False,))()
        values = [np.array([7, -7, 7, -7, 6], dtype), np.array([3, 3, -3, -3, 3], dtype)]
        yield assert_same, [x, y], [x // y, x % y], values


def test_powers():
    x, n = T.fmatrix(), T.iscalar()
    values = random(3, 4, low=0.5)
    yield assert_same, [x, n], [x**2, x**0.5, x**-1, x**n, T.pow(2.0, x)], [values, 3]


def test_bits():
    x, y, b = T.ivector(), T.ivector(), T.TensorType('bool', (False,))()
    arrays = [np.array([5, 6, 7], 'i4'), np.array([1, 2, 4], 'i4'), np.array([True, False, True])]
    assert_same([x, y, b], [x & y, x | y, x ^ y, ~x, ~b, b & b], arrays)


def test_conditions_and_casts():
    x, condition = T.fmatrix(), T.imatrix()
    values, choice = random(3, 4), np.array([[0, 1, 2, 0]] * 3, 'i4')
    assert_same(
        [x, condition],
        [
            T.switch(condition, x, 1),
            T.switch(T.lt(x, 0), x, x**2),
            T.clip(x, -1, 1),
            T.cast(x, 'int32'),
            T.cast(x, 'float64'),
            T.cast(x, 'bool'),
            T.cast(condition, 'uint8'),
            T.fill(x, 3),
            T.zeros_like(x),
        ],
        [values, choice],
    )


def test_activations_and_their_gradients():
    x = T.dmatrix()
    outputs = [
        function(x)
        for function in (
            T.nnet.sigmoid,
            T.nnet.hard_sigmoid,
            T.nnet.softplus,
            T.nnet.relu,
            T.nnet.elu,
            T.tanh,
        )
    ]
    outputs += [theano.grad(output.sum(), x) for output in outputs]
    assert_same([x], outputs, [random(4, 5, dtype='float64', low=-8, high=8)])


def test_broadcasting():
    x, row, column = T.fmatrix(), T.frow(), T.fcol()
    assert_same(
        [x, row, column],
        [x + row * column, T.maximum(row, column), T.fill(x, row)],
        [random(3, 4), random(1, 4), random(3, 1)],
    )
