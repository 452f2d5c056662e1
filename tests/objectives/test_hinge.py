"""The hinge losses against their formulas."""

import numpy as np

from ift6266.objectives import ADVERSARIAL_LOSSES
from ift6266.objectives.hinge import HINGE, RELATIVISTIC_HINGE
from tests.objectives.support import value

REAL, PAINTED = np.random.RandomState(1).normal(scale=2, size=(2, 4, 1, 4, 4))


def positive(numbers):
    return np.where(numbers > 0, numbers, 0).mean()


def test_they_are_in_the_table():
    assert ADVERSARIAL_LOSSES['hinge'] is HINGE
    assert ADVERSARIAL_LOSSES['relativistic_hinge'] is RELATIVISTIC_HINGE


def test_hinge():
    expected = positive(1 - REAL) + positive(1 + PAINTED)
    assert np.isclose(value(HINGE.critic, REAL, PAINTED), expected)
    assert np.isclose(value(HINGE.generator, REAL, PAINTED), -PAINTED.mean())


def test_relativistic_hinge():
    real, painted = REAL - PAINTED.mean(), PAINTED - REAL.mean()
    expected = positive(1 - real) + positive(1 + painted)
    assert np.isclose(value(RELATIVISTIC_HINGE.critic, REAL, PAINTED), expected)
    expected = positive(1 + real) + positive(1 - painted)
    assert np.isclose(value(RELATIVISTIC_HINGE.generator, REAL, PAINTED), expected)


def test_a_critic_that_tells_them_apart_by_a_margin_is_left_alone():
    for loss, margin in ((HINGE, 1), (RELATIVISTIC_HINGE, 0.5)):
        assert value(loss.critic, np.full(3, margin), np.full(3, -margin)) == 0
