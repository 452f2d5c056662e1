"""The fill of one colour."""

import numpy as np

from ift6266.data.hole import split
from ift6266.evaluation.border_mean import border_mean_fill


def test_colour_is_the_mean_of_what_is_known():
    images = np.random.RandomState(1).uniform(size=(2, 3, 64, 64)).astype(np.float32)
    context, _ = split(images)
    filled = border_mean_fill(context)
    assert filled.shape == (2, 3, 32, 32) and filled.dtype == np.float32
    known = context.sum(axis=(2, 3)) / (64 * 64 - 32 * 32)
    np.testing.assert_allclose(
        filled, np.broadcast_to(known[..., None, None], filled.shape), rtol=1e-5
    )
    np.testing.assert_array_equal(border_mean_fill(images), filled)
