"""The logarithmic losses against their formulas in probabilities."""

import numpy as np

from ift6266.objectives import ADVERSARIAL_LOSSES
from ift6266.objectives.logarithmic import LOGARITHMIC, critic_loss, generator_loss
from tests.objectives.support import value

REAL, PAINTED = np.random.RandomState(1).normal(scale=2, size=(2, 4, 1, 6, 6))


def probability(outputs):
    return 1 / (1 + np.exp(-outputs))


def test_it_is_in_the_table():
    assert ADVERSARIAL_LOSSES['logarithmic'] is LOGARITHMIC
    assert (LOGARITHMIC.critic, LOGARITHMIC.generator) == (critic_loss, generator_loss)


def test_critic_loss():
    """The cross-entropy of telling photographs from painted pictures, patch by patch."""
    expected = -np.log(probability(REAL)).mean() - np.log(1 - probability(PAINTED)).mean()
    assert np.isclose(value(critic_loss, REAL, PAINTED), expected, rtol=1e-12)
    assert np.isclose(value(critic_loss, 0 * REAL, 0 * PAINTED), 2 * np.log(2))


def test_generator_loss():
    expected = -np.log(probability(PAINTED)).mean()
    assert np.isclose(value(generator_loss, REAL, PAINTED), expected, rtol=1e-12)


def test_they_are_finite_where_the_critic_is_sure():
    sure = np.full(3, 1e4)
    assert value(critic_loss, -sure, sure) == 2e4
    assert value(generator_loss, sure, -sure) == 1e4
