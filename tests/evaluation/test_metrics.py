"""The metrics against loops over the pixels of holes of all kinds, and against scikit-image."""

import math

import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from ift6266.evaluation.metrics import border_step, gradient_energy, l1, mse, psnr, ssim
from ift6266.holes import CENTRE
from tests.evaluation.support import all_kinds, minibatch, noise_minibatch, painted_noise

HOLES = all_kinds()
BATCH = noise_minibatch(HOLES)
PAINTED, PICTURE, MASK = painted_noise(BATCH), BATCH['picture'], BATCH['mask']


def pairs(hole):
    """(row, column) of neighbouring pixels, each pair once, and how many are in the hole."""
    for row in range(64):
        for column in range(64):
            for other in ((row + 1, column), (row, column + 1)):
                if max(other) < 64:
                    yield (row, column), other, int(hole[row, column]) + int(hole[other])


def differences(picture, hole, inside):
    """(pairs, 3): of the pairs that have so many pixels in the hole."""
    return np.array([
        picture[(slice(None), *first)] - picture[(slice(None), *second)]
        for first, second, number in pairs(hole)
        if number == inside
    ])


def test_errors_are_means_over_channels_and_the_pixels_of_the_hole():
    for metric, of in ((mse, np.square), (l1, np.abs)):
        errors = metric(PAINTED.astype(np.float32), PICTURE.astype(np.float32), MASK)
        assert errors.dtype == np.float64
        expected = [
            np.mean([
                of(a[:, row, column] - b[:, row, column]) for row, column in np.argwhere(hole)
            ])
            for a, b, hole in zip(PAINTED, PICTURE, HOLES)
        ]
        np.testing.assert_allclose(errors, expected, rtol=1e-5)


def test_psnr_as_scikit_image_has_it():
    errors = mse(PAINTED[:1], PICTURE[:1], MASK[:1])
    centres = PICTURE[0][CENTRE], PAINTED[0][CENTRE]
    expected = peak_signal_noise_ratio(*centres, data_range=1)
    assert math.isclose(psnr(errors.mean()), expected, rel_tol=1e-6)


def test_psnr_of_no_error_is_infinite():
    assert psnr(0.0) == math.inf


def test_psnr_of_many_errors():
    np.testing.assert_allclose(psnr(np.array([1, 0.1, 0.01])), [0, 10, 20])


def naive_ssim(first, second, hole):
    """The mean over the windows of 7×7 about the pixels of the hole; pictures are (64, 64)."""
    first, second = (np.pad(each, 3, mode='symmetric') for each in (first, second))
    values = []
    for row, column in np.argwhere(hole):
        window = slice(row, row + 7), slice(column, column + 7)
        a, b = first[window].ravel(), second[window].ravel()
        (a_variance, covariance), (_, b_variance) = np.cov(a, b)
        values.append(
            (2 * a.mean() * b.mean() + 1e-4)
            * (2 * covariance + 9e-4)
            / ((a.mean() ** 2 + b.mean() ** 2 + 1e-4) * (a_variance + b_variance + 9e-4))
        )
    return np.mean(values)


def test_ssim_window_by_window():
    near = 0.5 * PICTURE + 0.5 * PAINTED
    expected = [
        np.mean([naive_ssim(*pair, hole) for pair in zip(a, b)])
        for a, b, hole in zip(near, PICTURE, HOLES)
    ]
    np.testing.assert_allclose(ssim(near, PICTURE, MASK), expected, rtol=1e-9)


def test_ssim_of_the_centre_is_scikit_images_of_it_with_three_pixels_around():
    cropped = [each[0, :, 13:51, 13:51] for each in (PAINTED, PICTURE)]
    expected = structural_similarity(*cropped, win_size=7, channel_axis=0, data_range=1)
    np.testing.assert_allclose(ssim(PAINTED[:1], PICTURE[:1], MASK[:1]), [expected], rtol=1e-9)


def test_ssim_of_the_truth_is_one_and_an_edge_at_the_border_counts():
    np.testing.assert_allclose(ssim(PICTURE, PICTURE, MASK), np.ones(len(HOLES)), rtol=1e-6)
    framed, inner = PICTURE[:1].copy(), PICTURE[:1].copy()
    for frame, painted in ((16, framed), (28, inner)):
        painted[..., frame, 16:48] = painted[..., 63 - frame, 16:48] = 0.5
        painted[..., 16:48, frame] = painted[..., 16:48, 63 - frame] = 0.5
    # A row at the border is in four rows of windows, one further in is in seven.
    losses = [1 - ssim(painted, PICTURE[:1], MASK[:1]) for painted in (framed, inner)]
    np.testing.assert_allclose(losses[0] / losses[1], 4 / 7, rtol=0.2)


def test_gradients_are_those_within_the_hole():
    expected = [
        np.square(differences(picture, hole, 2)).mean()
        for picture, hole in zip(PICTURE[:4], HOLES)  # the last hole is a single pixel
    ]
    np.testing.assert_allclose(gradient_energy(PICTURE[:4], MASK[:4]), expected, rtol=1e-12)


def test_gradients_of_known_pictures():
    row, column = np.mgrid[:64, :64]
    pictures = np.stack([0.01 * row + 0.02 * column, (row + column) % 2, 0.0 * row])
    batch = minibatch(np.repeat(pictures[:, np.newaxis], 3, axis=1))
    np.testing.assert_allclose(
        gradient_energy(batch['picture'], batch['mask']), [(0.01**2 + 0.02**2) / 2, 1, 0]
    )


def test_gradients_of_the_centre_are_the_mean_of_both_directions():
    inside = PICTURE[:1][CENTRE]
    expected = (
        np.square(np.diff(inside, axis=2)).mean() + np.square(np.diff(inside, axis=3)).mean()
    ) / 2
    np.testing.assert_allclose(gradient_energy(PICTURE[:1], MASK[:1]), [expected], rtol=1e-12)


def test_step_is_the_mean_over_the_pairs_across_the_border():
    expected = [
        np.abs(differences(picture, hole, 1)).mean() for picture, hole in zip(PAINTED, HOLES)
    ]
    np.testing.assert_allclose(border_step(PAINTED, MASK), expected, rtol=1e-12)


def test_step_of_the_centre_is_over_four_sides():
    picture = PAINTED[0]
    sides = [
        picture[:, 16, 16:48] - picture[:, 15, 16:48],
        picture[:, 47, 16:48] - picture[:, 48, 16:48],
        picture[:, 16:48, 16] - picture[:, 16:48, 15],
        picture[:, 16:48, 47] - picture[:, 16:48, 48],
    ]
    np.testing.assert_allclose(border_step(PAINTED[:1], MASK[:1]), [np.abs(sides).mean()])


def test_a_plain_picture_has_no_step_and_an_offset_is_one():
    batch = minibatch(np.full((2, 3, 64, 64), 0.25, np.float32))
    np.testing.assert_array_equal(border_step(batch['picture'], batch['mask']), [0, 0])
    offset = batch['picture'] + 0.5 * batch['mask']
    np.testing.assert_array_equal(border_step(offset, batch['mask']), [0.5, 0.5])
