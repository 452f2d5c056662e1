"""OpenCV's fills where it is installed, and what is said where it is not."""

import sys
import unittest
from unittest.mock import patch

import numpy as np

from ift6266.data.hole import split
from ift6266.errors import InputError
from ift6266.evaluation.opencv import navier_stokes_fill, require_opencv, telea_fill
from tests.support import input_error


def check_fill(fill):
    try:
        require_opencv()
    except InputError as reason:
        raise unittest.SkipTest(str(reason))
    row, column = np.mgrid[:64, :64]
    levels = np.stack([np.full((64, 64), 51), 2 * row, 255 - 3 * column])[np.newaxis]
    context, target = split((levels / 255).astype(np.float32))
    filled = fill(context)
    assert filled.shape == target.shape and filled.dtype == np.float32
    np.testing.assert_allclose(filled[:, 0], target[:, 0], atol=0.02)
    assert 0 < abs(filled - target)[:, 1:].mean() < 0.1


def test_fills():
    for fill in (telea_fill, navier_stokes_fill):
        yield check_fill, fill


def test_without_opencv_its_installation_is_told():
    with patch.dict(sys.modules, {'cv2': None}):
        assert 'pip install' in input_error(require_opencv)
