"""The reconstruction losses against their closed forms."""

import numpy as np

from ift6266.objectives import RECONSTRUCTIONS
from tests.objectives.support import value


def test_l2_is_the_squared_difference_of_each_number():
    painted, target = np.random.RandomState(1).uniform(size=(2, 4, 3, 5, 5))
    found = value(RECONSTRUCTIONS['l2'], painted, target)
    np.testing.assert_allclose(found, (painted - target) ** 2, rtol=1e-12)
