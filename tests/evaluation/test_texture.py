"""The Laplacian pyramid and the sliced Wasserstein distance against sums and loops written out."""

from unittest.mock import patch

import numpy as np
from scipy.stats import wasserstein_distance

from ift6266.evaluation import texture
from ift6266.evaluation.bootstrap import interval, resampled_means
from ift6266.evaluation.texture import (
    distance_shares,
    enlarge,
    floor,
    laplacian_pyramid,
    sliced_wasserstein,
)
from tests.support import input_error

few_directions = patch.object(texture, 'DIRECTIONS', 4)
WEIGHTS = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def mirrored(place, size):
    return size - 1 - abs(size - 1 - abs(place))


def naive_blur(picture):
    size, blurred = len(picture), np.zeros_like(picture)
    for row in range(size):
        for column in range(size):
            for down in range(-2, 3):
                for right in range(-2, 3):
                    blurred[row, column] += (
                        WEIGHTS[down + 2, right + 2]
                        * picture[mirrored(row + down, size), mirrored(column + right, size)]
                    )
    return blurred


def test_levels_are_as_written_out():
    picture = np.random.RandomState(1).uniform(size=(8, 8))
    coarse = naive_blur(picture)[::2, ::2]
    spaced = np.zeros((8, 8))
    spaced[::2, ::2] = coarse
    fine, last = laplacian_pyramid(picture[np.newaxis, np.newaxis], 2)
    np.testing.assert_allclose(last[0, 0], coarse, atol=1e-6)
    np.testing.assert_allclose(fine[0, 0], picture - 4 * naive_blur(spaced), atol=1e-6)


def test_levels_add_up_to_the_pictures():
    images = np.random.RandomState(2).uniform(size=(2, 3, 32, 32)).astype(np.float32)
    before = images.copy()
    levels = laplacian_pyramid(images, 3)
    assert [level.shape[2:] for level in levels] == [(32, 32), (16, 16), (8, 8)]
    whole = levels[-1]
    for level in levels[-2::-1]:
        whole = enlarge(whole) + level
    np.testing.assert_allclose(whole, images, atol=1e-6)
    np.testing.assert_array_equal(images, before)


def test_a_plain_picture_has_no_detail():
    fine, last = laplacian_pyramid(np.full((1, 3, 32, 32), 0.4), 2)
    np.testing.assert_allclose(fine, 0, atol=1e-6)
    np.testing.assert_allclose(last, 0.4, rtol=1e-6)


def pictures(number, seed=1, detail=0.1):
    """Holes of a plain colour each, and noise."""
    random = np.random.RandomState(seed)
    return (
        random.uniform(size=(number, 3, 1, 1)) + detail * random.normal(size=(number, 3, 32, 32))
    ).astype(np.float32)


def test_one_dimension_as_scipy_has_it():
    random = np.random.RandomState(1)
    for count in (1, 2, 50):
        painted, true = random.normal(size=count), 0.5 + 2 * random.normal(size=count)
        for pair in ((painted, true), (true, painted), (np.round(painted), np.round(true))):
            np.testing.assert_allclose(
                distance_shares(*pair).mean(), wasserstein_distance(*pair), atol=1e-12
            )


def test_a_shift_is_the_distance():
    numbers = np.random.RandomState(1).normal(size=40)
    for shift in (0.001, -0.7, 30):
        moved = np.random.RandomState(2).permutation(numbers + shift)
        np.testing.assert_allclose(distance_shares(moved, numbers).mean(), abs(shift), rtol=1e-9)


def test_equal_sets_in_any_order_have_no_distance():
    numbers = np.random.RandomState(1).normal(size=40)
    assert abs(distance_shares(numbers[::-1], numbers).mean()) < 1e-12


def naive(painted, true, level):
    """The same draws in the same order, all else as the paper describes it."""
    random = np.random.RandomState(1)
    painted, true = (laplacian_pyramid(each, 2)[level].astype(float) for each in (painted, true))
    side = true.shape[2]
    rows, columns = random.randint(side - 6, size=(2, len(true), 16))
    directions = random.normal(size=(4, 147))
    sets = []
    for images in (painted, true):
        patches = []
        for number in range(len(images)):
            for row, column in zip(rows[number], columns[number]):
                patch = images[number, :, row : row + 7, column : column + 7].copy()
                for channel in range(3):
                    patch[channel] -= true[:, channel].mean()
                    patch[channel] /= true[:, channel].std()
                patches.append(patch.ravel())
        sets.append(patches)
    return np.mean([
        wasserstein_distance(
            *(np.dot(patches, direction / np.linalg.norm(direction)) for patches in sets)
        )
        for direction in directions
    ])


@few_directions
def test_pictures_as_written_out():
    true, painted = pictures(64), pictures(64, seed=2, detail=0.03)
    for level, shares in enumerate(sliced_wasserstein(painted, true)):
        assert shares.shape == (64,)
        np.testing.assert_allclose(shares.mean(), naive(painted, true, level), rtol=1e-4)


@few_directions
def test_truth_is_at_no_distance_and_less_detail_is_farther():
    true = pictures(64)
    plain = true.mean(axis=(2, 3), keepdims=True)
    fine = [
        sliced_wasserstein(plain + detail * (true - plain), true)[0].mean()
        for detail in (1, 0.9, 0.5, 0)
    ]
    assert abs(fine[0]) < 1e-6 and sorted(fine) == fine
    # Detail is symmetric about zero, so a share of it is as far as is missing.
    np.testing.assert_allclose(fine[2] / fine[3], 0.5, rtol=0.05)


@few_directions
def test_resampled_shares_scatter_as_the_distance_does():
    true = pictures(80)
    true *= np.random.RandomState(3).uniform(0.2, 1, size=(80, 1, 1, 1)).astype(np.float32)
    painted = (
        true.mean(axis=(2, 3), keepdims=True)
        + 0.3 * (true - true.mean(axis=(2, 3), keepdims=True))
        + 0.02 * pictures(80, seed=5)
    )
    shares = sliced_wasserstein(painted, true)
    random, anew = np.random.RandomState(4), []
    for _ in range(30):
        drawn = random.randint(80, size=80)
        anew.append([each.mean() for each in sliced_wasserstein(painted[drawn], true[drawn])])
    for level in (0, 1):
        scatter = np.std(anew, axis=0)[level]
        means = resampled_means(shares[level])
        np.testing.assert_allclose(means.std(), scatter, rtol=0.4)
        low, high = interval(means)
        assert low < shares[level].mean() < high


@few_directions
def test_the_floor_is_small_beside_a_distance():
    true = pictures(256)
    fine, _ = floor(true)
    assert len(fine) == 128
    assert 0 < fine.mean() < 0.2 * sliced_wasserstein(0 * true, true)[0].mean()


def test_pictures_that_will_not_do():
    true = pictures(63)
    assert '64 pictures or more, not 63' in input_error(sliced_wasserstein, true, true)
    assert '128 pictures or more, not 63' in input_error(floor, true)
    plain = np.full((64, 3, 32, 32), 0.5, np.float32)
    assert 'flat at 32' in input_error(sliced_wasserstein, plain, plain)
    smaller = pictures(64)[..., :30]
    assert 'holes of 32×32 pixels' in input_error(sliced_wasserstein, smaller, smaller)


@few_directions
def test_of_many_pictures_some_are_taken_spread_evenly():
    true = pictures(130)
    with patch.object(texture, 'MOST', 65):
        shares, _ = sliced_wasserstein(0 * true, true)
    chosen = np.linspace(0, 129, 65).astype(int)
    np.testing.assert_allclose(shares, sliced_wasserstein(0 * true[chosen], true[chosen])[0])
