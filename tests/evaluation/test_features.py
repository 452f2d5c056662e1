"""Distances of features: against their formulas, and what they say of pictures."""

import numpy as np
from scipy.linalg import sqrtm
from scipy.ndimage import gaussian_filter

from ift6266.evaluation.features import feature_distance, features, frechet_shares
from tests.support import input_error

RANDOM = np.random.RandomState(1)


def photographs(number=4):
    """Smooth pictures with some edges."""
    pictures = gaussian_filter(RANDOM.uniform(size=(number, 3, 64, 64)), (0, 0, 4, 4))
    return np.where(pictures > 0.5, 0.8, 0.3).astype('float32')


def test_maps_have_length_one_or_none():
    maps, vectors = features(photographs())
    assert [each.shape[1:] for each in maps] == [
        (64, 64, 16),
        (32, 32, 24),
        (16, 16, 40),
        (8, 8, 112),
    ]
    assert vectors.shape == (4, 112)
    for each in maps:
        np.testing.assert_allclose(np.linalg.norm(each, axis=-1), 1, rtol=1e-4)


def test_distance():
    """By the formula, level by level and place by place."""
    ours, theirs = ([RANDOM.uniform(size=(3, side, side, 2)) for side in (4, 2)] for _ in range(2))
    expected = [
        np.mean([
            np.mean([
                np.sum(
                    (ours[level][picture, row, column] - theirs[level][picture, row, column]) ** 2
                )
                for row in range(side)
                for column in range(side)
            ])
            for level, side in enumerate((4, 2))
        ])
        for picture in range(3)
    ]
    np.testing.assert_allclose(feature_distance(ours, theirs), expected)


def test_distance_of_pictures():
    """None of a picture from itself; noise is far, more of it farther, and blur farther still."""
    true = photographs()
    noise = RANDOM.normal(size=true.shape)

    def distance(painted):
        pairs = features(painted.astype('float32'))[0], features(true)[0]
        return feature_distance(*pairs).mean()

    assert distance(true) == 0
    some, more = distance(true + 0.02 * noise), distance(true + 0.1 * noise)
    assert 0 < some < more < distance(gaussian_filter(true, (0, 0, 3, 3)))


def test_what_pictures_are_at_half_resolution_alone_matters():
    true = photographs()
    board = 0.1 * (-1) ** np.add.outer(range(64), range(64))
    (ours, _), (theirs, _) = features(true), features((true + board).astype('float32'))
    for one, other in zip(ours, theirs):
        np.testing.assert_allclose(one, other, atol=1e-4)


def frechet(painted, true, weights=None, true_weights=None):
    """By SciPy, of weighted vectors."""
    moments = []
    for vectors, each in ((painted, weights), (true, true_weights)):
        mean = np.average(vectors, axis=0, weights=each)
        covariance = np.cov(vectors.T, aweights=each, bias=True)
        moments.append((mean, covariance))
    (mean, covariance), (true_mean, true_covariance) = moments
    middle = sqrtm(covariance @ true_covariance).real
    return np.sum((mean - true_mean) ** 2) + np.trace(covariance + true_covariance - 2 * middle)


def pairs():
    painted = RANDOM.normal(size=(150, 6)) @ RANDOM.normal(size=(6, 6))
    return painted, 0.7 * painted + RANDOM.normal(size=(150, 6)) + 0.3


def test_frechet():
    """The mean of the shares is the distance, a share its derivative by the weight of a pair."""
    painted, true = pairs()
    shares = frechet_shares(painted, true)
    np.testing.assert_allclose(shares.mean(), frechet(painted, true), rtol=1e-9)
    for pair in (0, 7):
        more, less = (np.ones(150) / 150 for _ in range(2))
        more[pair] += 1e-5
        less[pair] -= 1e-5
        slope = (frechet(painted, true, more, more) - frechet(painted, true, less, less)) / 2e-5
        np.testing.assert_allclose(shares[pair] - shares.mean(), slope, rtol=1e-4)


def test_frechet_where_covariances_are_singular():
    painted, true = pairs()
    flat = np.concatenate([painted, 0 * painted], axis=1), np.concatenate([true, 0 * true], axis=1)
    np.testing.assert_allclose(frechet_shares(*flat), frechet_shares(painted, true), rtol=1e-6)


def test_few_pictures_have_no_frechet_distance():
    vectors = RANDOM.normal(size=(100, 4))
    assert '128 pictures or more, not 100' in input_error(frechet_shares, vectors, vectors)
