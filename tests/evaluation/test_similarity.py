"""Structural similarity against windows taken one by one by its formula."""

import numpy as np

from ift6266.data.hole import fill, split
from ift6266.evaluation.similarity import ssim

RANDOM = np.random.RandomState(1)


def naive(first, second):
    """The mean over the windows of 7×7 about the pixels of the hole; both are (64, 64)."""
    values = []
    for row in range(16, 48):
        for column in range(16, 48):
            window = slice(row - 3, row + 4), slice(column - 3, column + 4)
            a, b = first[window].ravel(), second[window].ravel()
            (a_variance, covariance), (_, b_variance) = np.cov(a, b)
            values.append(
                (2 * a.mean() * b.mean() + 1e-4)
                * (2 * covariance + 9e-4)
                / ((a.mean() ** 2 + b.mean() ** 2 + 1e-4) * (a_variance + b_variance + 9e-4))
            )
    return np.mean(values)


def test_windows_one_by_one():
    context, target = split(RANDOM.uniform(size=(1, 3, 64, 64)))
    painted = 0.5 * target + 0.5 * RANDOM.uniform(size=target.shape)
    expected = np.mean([
        naive(*pair) for pair in zip(fill(context, painted)[0], fill(context, target)[0])
    ])
    np.testing.assert_allclose(ssim(context, painted, target), [expected], rtol=1e-9)


def test_truth_is_one_and_an_edge_at_the_border_counts():
    context, target = split(RANDOM.uniform(size=(2, 3, 64, 64)).astype(np.float32))
    np.testing.assert_allclose(ssim(context, target, target), [1, 1], rtol=1e-6)
    framed, inner = target.copy(), target.copy()
    framed[..., 0, :] = framed[..., -1, :] = framed[..., :, 0] = framed[..., :, -1] = 0.5
    inner[..., 12, :] = inner[..., 20, :] = inner[..., :, 12] = inner[..., :, 20] = 0.5
    # A row at the border is in four rows of windows, one further in is in seven.
    losses = [1 - ssim(context, painted, target) for painted in (framed, inner)]
    np.testing.assert_allclose(losses[0] / losses[1], 4 / 7, rtol=0.2)
