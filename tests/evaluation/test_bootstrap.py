"""Resampled means against the theory of means, and the intervals' order."""

import numpy as np

from ift6266.evaluation.bootstrap import interval, resampled_means
from tests.support import input_error


def test_means_scatter_by_the_standard_error():
    values = np.random.RandomState(1).exponential(size=400)
    means = resampled_means(values, draws=4000)
    assert means.shape == (4000,)
    np.testing.assert_allclose(means.mean(), values.mean(), atol=0.005)
    np.testing.assert_allclose(means.std(), values.std() / 20, rtol=0.05)
    low, high = interval(means)
    np.testing.assert_allclose(
        [low, high], values.mean() + 1.96 * values.std() / 20 * np.array([-1, 1]), rtol=0.03
    )


def test_every_mean_is_one_of_the_pictures():
    values = np.eye(7)
    counts = 7 * resampled_means(values, draws=50)
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-12)
    np.testing.assert_allclose(counts.sum(axis=1), 7)
    assert len({tuple(row) for row in np.rint(counts)}) > 40


def test_columns_are_of_the_same_pictures_one_by_one_or_at_once():
    values = np.random.RandomState(1).uniform(size=(30, 2))
    at_once = resampled_means(values)
    for column in (0, 1):
        np.testing.assert_allclose(resampled_means(values[:, column]), at_once[:, column])
    assert abs(resampled_means(values[:, 0], seed=2) - at_once[:, 0]).max() > 0.01


def test_a_ratio_of_proportional_columns_does_not_scatter():
    values = np.random.RandomState(1).uniform(size=30)
    low, high = interval(resampled_means(3 * values) / resampled_means(values))
    np.testing.assert_allclose([low, high], 3)


def test_one_picture_has_no_interval():
    assert '2 of them or more, not 1' in input_error(resampled_means, np.ones(1))
