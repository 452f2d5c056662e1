"""The losses against their closed forms."""

import numpy as np

from ift6266.objectives import ADVERSARIAL_LOSSES
from ift6266.objectives.wasserstein import WASSERSTEIN, critic_loss, generator_loss
from tests.objectives.support import value

RANDOM = np.random.RandomState(1)


def test_it_is_in_the_table():
    assert ADVERSARIAL_LOSSES['wasserstein'] is WASSERSTEIN
    assert (WASSERSTEIN.critic, WASSERSTEIN.generator) == (critic_loss, generator_loss)


def test_critic_loss_is_minus_half_the_difference_of_the_mean_scores():
    """Also where there are more real than painted."""
    real, painted = RANDOM.normal(size=(6, 256, 1, 1)), RANDOM.normal(size=(4, 256, 1, 1))
    expected = -0.5 * (real.mean() - painted.mean())
    assert np.isclose(value(critic_loss, real, painted), expected, rtol=1e-12)


def test_critic_loss_is_negative_where_the_critic_distinguishes_them():
    assert value(critic_loss, np.array([3.0]), np.array([1.0])) == -1
    assert value(critic_loss, np.array([1.0]), np.array([3.0])) == 1


def test_generator_loss_is_minus_half_the_mean_score_of_painted_pictures():
    real, painted = RANDOM.normal(size=(2, 4, 256, 1, 1))
    expected = -0.5 * painted.mean()
    assert np.isclose(value(generator_loss, real, painted), expected, rtol=1e-12)
