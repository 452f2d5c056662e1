"""OpenCV's fills where it is installed, and what is said where it is not."""

import sys
import unittest
from unittest.mock import patch

import numpy as np

from ift6266.errors import InputError
from ift6266.evaluation.fills import FILLS, OPENCV, available_fills
from ift6266.evaluation.fills.opencv import load_opencv
from ift6266.holes import rectangle
from tests.evaluation.support import minibatch
from tests.support import input_error


def check_fill(fill):
    try:
        load_opencv()
    except InputError as reason:
        raise unittest.SkipTest(str(reason)) from None
    row, column = np.mgrid[:64, :64]
    levels = np.stack([np.full((64, 64), 51), 2 * row, 255 - 3 * column])[np.newaxis]
    for hole in (None, rectangle(np.random.RandomState(1))):
        batch = minibatch((levels / 255).astype(np.float32), hole)
        painted = fill(batch['context'], batch['mask'])
        away = abs(painted - batch['picture']).mean(axis=(0, 2, 3), where=batch['mask'] > 0)
        np.testing.assert_allclose(painted[:, 0], batch['picture'][:, 0], atol=0.02)
        assert (0 < away[1:]).all() and (away[1:] < 0.1).all()


def test_fills():
    for name in OPENCV:
        yield check_fill, FILLS[name]


def test_without_opencv_its_installation_is_explained():
    with patch.dict(sys.modules, {'cv2': None}):
        assert 'pip install' in input_error(load_opencv)
        fills, (reason,) = available_fills()
    assert not set(OPENCV) & set(fills)
    assert reason.startswith('Telea (OpenCV) and Navier-Stokes (OpenCV): OpenCV is not installed')
