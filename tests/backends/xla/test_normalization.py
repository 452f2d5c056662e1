"""Batch normalization against Theano's definition."""
import theano
import theano.tensor as T
from theano.tensor.nnet import bn

from tests.backends.xla.support import assert_same, random
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401


def check(axes, shape, parameters):
    x, scale, bias, mean, variance = [T.TensorType('float64', (False,) * len(shape))()
                                      for _ in range(5)]
    weights = random(*shape, dtype='float64', seed=9)
    trained = bn.batch_normalization_train(x, scale, bias, axes, 1e-3, 0.1, mean, variance)
    tested = bn.batch_normalization_test(x, scale, bias, mean, variance, axes, 1e-3)
    outputs = [*trained, tested]
    for output in (trained[0], tested):
        outputs += theano.grad((output * weights).sum(), [x, scale, bias])
    assert_same([x, scale, bias, mean, variance], outputs,
                [random(*shape, dtype='float64')]
                + [random(*parameters, dtype='float64', low=.5, seed=seed) for seed in range(4)])


def test_in_training_and_later():
    yield check, 'per-activation', (4, 3, 2, 2), (1, 3, 2, 2)
    yield check, 'spatial', (4, 3, 5, 2), (1, 3, 1, 1)
    yield check, (0,), (6, 3), (1, 3)
    yield check, (2, 3), (4, 3, 5, 2), (4, 3, 1, 1)
