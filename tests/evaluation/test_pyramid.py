"""The Laplacian pyramid against sums written out, and put together again."""

import numpy as np

from ift6266.evaluation.pyramid import enlarge, laplacian_pyramid

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
