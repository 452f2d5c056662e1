"""OpenCV's two fills, where it is installed."""

from importlib import import_module

import numpy as np

from ift6266.data.hole import split, surroundings
from ift6266.errors import InputError

RADIUS = 3  # of the neighbourhood of a pixel, as in OpenCV's own examples


def require_opencv():
    """Raise :class:`InputError` where OpenCV is not installed, or cannot be loaded."""
    try:
        import_module('cv2')
    except ImportError:
        raise InputError(
            'OpenCV is not installed, or does not load; pip install --no-deps '
            'opencv-python-headless==5.0.0.93 adds it'
        ) from None


def telea_fill(context):
    """Telea (2004), *An Image Inpainting Technique Based on the Fast Marching Method*.

    (batch, 3, 64, 64) float in [0, 1] → (batch, 3, 32, 32) of the same dtype, in steps of 1/255.
    The hole's own pixels are not read.
    """
    return _fill(context, 'INPAINT_TELEA')


def navier_stokes_fill(context):
    """Bertalmio, Bertozzi and Sapiro (2001), *Navier-Stokes, Fluid Dynamics, and Image Inpainting*.

    Arguments and result as in :func:`telea_fill`.
    """
    return _fill(context, 'INPAINT_NS')


def _fill(context, method):
    cv2 = import_module('cv2')
    hole = (~surroundings()).astype(np.uint8)
    pictures = np.rint(255 * context).astype(np.uint8).transpose(0, 2, 3, 1)
    filled = [
        cv2.inpaint(np.ascontiguousarray(picture), hole, RADIUS, getattr(cv2, method))
        for picture in pictures
    ]
    _, centre = split(np.stack(filled).transpose(0, 3, 1, 2))
    return np.divide(centre, 255, dtype=context.dtype)
