"""The metrics against naive loops and scikit-image."""

import math

import numpy as np
from skimage.metrics import peak_signal_noise_ratio

from ift6266.evaluation.metrics import l1, mse, psnr

RANDOM = np.random.RandomState(1)
PAINTED, TARGET = RANDOM.uniform(size=(2, 3, 3, 32, 32)).astype(np.float32)


def test_mse_is_the_mean_over_channels_and_pixels_of_each_picture():
    errors = mse(PAINTED, TARGET)
    assert errors.shape == (3,) and errors.dtype == np.float64
    for error, painted, target in zip(errors, PAINTED, TARGET):
        expected = sum((float(p) - float(t)) ** 2 for p, t in zip(painted.flat, target.flat)) / (
            3 * 32 * 32
        )
        assert math.isclose(error, expected, rel_tol=1e-6)


def test_l1_is_the_mean_over_channels_and_pixels_of_each_picture():
    errors = l1(PAINTED, TARGET)
    assert errors.dtype == np.float64
    np.testing.assert_allclose(
        errors,
        [abs(painted.astype(float) - target).mean() for painted, target in zip(PAINTED, TARGET)],
        rtol=1e-6,
    )


def test_psnr_as_scikit_image_has_it():
    expected = peak_signal_noise_ratio(TARGET.astype(float), PAINTED.astype(float), data_range=1)
    assert math.isclose(psnr(mse(PAINTED, TARGET).mean()), expected, rel_tol=1e-6)


def test_psnr_of_no_error_is_infinite():
    assert psnr(0.0) == math.inf


def test_psnr_of_many_errors():
    np.testing.assert_allclose(psnr(np.array([1, 0.1, 0.01])), [0, 10, 20])
