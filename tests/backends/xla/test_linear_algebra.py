"""Products of matrices against NumPy's, in each precision."""

import numpy as np
import theano
import theano.tensor as T

from ift6266.backends.xla.mode import xla_mode
from tests.backends.xla.support import assert_same, random
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401


def test_vectors_and_matrices():
    x, y, u = T.dmatrix(), T.dmatrix(), T.dvector()
    arrays = [
        random(3, 4, dtype='float64'),
        random(4, 5, dtype='float64'),
        random(4, dtype='float64'),
    ]
    outputs = [
        T.dot(x, y),
        T.dot(x, u),
        T.dot(u, y),
        T.dot(u, u),
        T.outer(u, u),
        T.tensordot(x, y, 1),
        theano.grad(T.tanh(T.dot(x, y)).sum(), y),
    ]
    assert_same([x, y, u], outputs, arrays)


def test_data_types():
    x, n = T.fmatrix(), T.imatrix()
    assert_same(
        [x, n], [T.dot(x, n), T.dot(n, n)], [random(3, 3), random(3, 3, dtype='int32', high=9)]
    )


def test_precision():
    x, y = T.fmatrices(2)
    arrays = random(8, 500), random(500, 8, seed=1)
    exact = np.dot(*[array.astype('float64') for array in arrays])
    errors = {}
    for precision in ('float32', 'tf32', 'bfloat16'):
        result = theano.function([x, y], T.dot(x, y), mode=xla_mode(precision))(*arrays)
        assert result.dtype == 'float32'
        errors[precision] = np.abs(result - exact).max() / np.abs(exact).max()
    assert errors['float32'] < 1e-6 <= 1e-4 < errors['bfloat16'] < 1e-2, errors
    assert errors['tf32'] < 1e-3
