"""The losses against their closed forms."""

import numpy as np
import theano.tensor as T

from ift6266.objectives import adversarial_loss, critic_loss, reconstruction_loss

RANDOM = np.random.RandomState(1)


def value(expression, *arrays):
    """Of a Theano expression, in float64, without compiling programs in C."""
    inputs = [T.TensorType('float64', (False,) * array.ndim)() for array in arrays]
    return expression(*inputs).eval(dict(zip(inputs, arrays)))


def test_reconstruction_loss_is_the_mean_over_all_pixels():
    painted, target = RANDOM.uniform(size=(2, 4, 3, 5, 5))
    expected = sum((p - t) ** 2 for p, t in zip(painted.flat, target.flat)) / painted.size
    found = value(reconstruction_loss, painted, target)
    assert found.shape == () and np.isclose(found, expected, rtol=1e-12)


def test_critic_loss_is_minus_half_the_difference_of_the_mean_scores():
    """Also where there are more real than painted."""
    real, painted = RANDOM.normal(size=(6, 256, 1, 1)), RANDOM.normal(size=(4, 256, 1, 1))
    expected = -0.5 * (real.mean() - painted.mean())
    assert np.isclose(value(critic_loss, real, painted), expected, rtol=1e-12)


def test_critic_loss_is_negative_where_the_critic_tells_them_apart():
    assert value(critic_loss, np.array([3.0]), np.array([1.0])) == -1
    assert value(critic_loss, np.array([1.0]), np.array([3.0])) == 1


def test_adversarial_loss_is_minus_half_the_mean_score():
    painted = RANDOM.normal(size=(4, 256, 1, 1))
    assert np.isclose(value(adversarial_loss, painted), -0.5 * painted.mean(), rtol=1e-12)
