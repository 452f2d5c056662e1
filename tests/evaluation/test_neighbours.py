"""The distance to training pictures against a loop over all of them."""

from unittest.mock import patch

import numpy as np

from ift6266.evaluation import neighbours
from ift6266.evaluation.neighbours import training_distance
from tests.evaluation.support import all_kinds
from tests.support import noise


@patch.object(neighbours, 'BLOCK', 5)
def test_distance_to_the_nearest_training_picture():
    images = noise(23, 3, 64, 64)
    for hole in all_kinds():
        true = images[..., hole] / 255
        painted = np.random.RandomState(1).uniform(size=(3, *true.shape[1:]))
        painted[2] = true[13]
        expected = [min(np.square(each - other).mean() for other in true) for each in painted]
        distances = training_distance(painted, hole, images)
        np.testing.assert_allclose(distances, expected, rtol=1e-5, atol=1e-9)
        assert distances[2] < 1e-9
