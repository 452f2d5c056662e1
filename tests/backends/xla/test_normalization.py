"""Batch normalization against Theano's definition."""

import numpy as np
import theano
import theano.tensor as T
from theano.tensor.nnet import bn

from ift6266.backends.xla.mode import xla_mode
from tests.backends.xla.support import assert_same, random
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401


def check(axes, shape, parameters):
    x, scale, bias, mean, variance = [
        T.TensorType('float64', (False,) * len(shape))() for _ in range(5)
    ]
    weights = random(*shape, dtype='float64', seed=9)
    trained = bn.batch_normalization_train(x, scale, bias, axes, 1e-3, 0.1, mean, variance)
    tested = bn.batch_normalization_test(x, scale, bias, mean, variance, axes, 1e-3)
    outputs = [*trained, tested]
    for output in (trained[0], tested):
        outputs += theano.grad((output * weights).sum(), [x, scale, bias])
    assert_same(
        [x, scale, bias, mean, variance],
        outputs,
        [random(*shape, dtype='float64')]
        + [random(*parameters, dtype='float64', low=0.5, seed=seed) for seed in range(4)],
    )


def test_sums_of_many_numbers():
    """Statistics and a gradient in float32 are within its rounding of those in float64."""
    x, scale, bias = [T.ftensor4() for _ in range(3)]
    weights = random(32, 8, 32, 32, seed=1)
    output, mean, inv_std = bn.batch_normalization_train(x, scale, bias, 'spatial', 1e-3)
    gradient = theano.grad((output * weights).sum(), x)
    maps, ones = random(32, 8, 32, 32, low=0, high=1), np.ones((1, 8, 1, 1), 'float32')
    results = theano.function([x, scale, bias], [mean, inv_std, gradient], mode=xla_mode())(
        maps, ones, 0 * ones
    )

    maps, weights = maps.astype('float64'), weights.astype('float64')
    over = {'axis': (0, 2, 3), 'keepdims': True}
    mean, inv_std = maps.mean(**over), 1 / np.sqrt(maps.var(**over) + 1e-3)
    normalized = (maps - mean) * inv_std
    gradient = inv_std * (
        weights - weights.mean(**over) - normalized * (weights * normalized).mean(**over)
    )
    for result, exact in zip(results, (mean, inv_std, gradient)):
        assert np.abs(result - exact).max() <= 1e-6 * np.abs(exact).max()


def test_in_training_and_later():
    yield check, 'per-activation', (4, 3, 2, 2), (1, 3, 2, 2)
    yield check, 'spatial', (4, 3, 5, 2), (1, 3, 1, 1)
    yield check, (0,), (6, 3), (1, 3)
    yield check, (2, 3), (4, 3, 5, 2), (4, 3, 1, 1)
