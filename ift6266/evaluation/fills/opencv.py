"""OpenCV's two fills, where it is installed."""

from importlib import import_module
from types import ModuleType

import numpy as np

from ift6266.errors import InputError
from ift6266.evaluation.fills.base import by_hole

RADIUS = 3  # of the neighbourhood of a pixel, as in OpenCV's own examples


@by_hole
def telea_fill(context: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Telea (2004), *An Image Inpainting Technique Based on the Fast Marching Method*.

    The result is in steps of 1/255.
    """
    return _inpaint(context, hole, 'INPAINT_TELEA')


@by_hole
def navier_stokes_fill(context: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Bertalmio, Bertozzi and Sapiro (2001), *Navier-Stokes, Fluid Dynamics, and Image Inpainting*.

    The result is in steps of 1/255.
    """
    return _inpaint(context, hole, 'INPAINT_NS')


def load_opencv() -> ModuleType:
    """OpenCV's module; raises :class:`InputError` where it is not installed or does not load."""
    try:
        return import_module('cv2')
    except ImportError:
        raise InputError(
            'OpenCV is not installed, or does not load; pip install --no-deps '
            'opencv-python-headless==5.0.0.93 adds it'
        ) from None


def _inpaint(context, hole, method):
    opencv = load_opencv()
    pictures = np.rint(255 * context).astype(np.uint8).transpose(0, 2, 3, 1)
    filled = [
        opencv.inpaint(
            np.ascontiguousarray(picture), hole.astype(np.uint8), RADIUS, getattr(opencv, method)
        )[hole]
        for picture in pictures
    ]
    return np.stack(filled).transpose(0, 2, 1) / 255
