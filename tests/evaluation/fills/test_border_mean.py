"""The fill of one colour."""

import numpy as np

from ift6266.evaluation.fills.border_mean import border_mean_fill
from tests.evaluation.support import all_kinds, noise_minibatch


def test_colour_is_the_mean_of_what_is_known():
    holes = all_kinds()
    batch = noise_minibatch(holes, np.float32)
    painted = border_mean_fill(batch['context'], batch['mask'])
    for picture, context, hole in zip(painted, batch['context'], holes):
        colour = context.sum(axis=(1, 2)) / (64 * 64 - hole.sum())
        np.testing.assert_allclose(
            picture[:, hole], np.tile(colour[:, np.newaxis], hole.sum()), rtol=1e-5
        )
