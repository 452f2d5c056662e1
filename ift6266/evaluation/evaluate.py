"""How well a way of painting does on the pictures of a whole split."""

from collections.abc import Iterable

import numpy as np

from ift6266.errors import InputError
from ift6266.evaluation import Minibatch, Paint
from ift6266.evaluation.fills import way_of_painting
from ift6266.evaluation.fills.harmonic import harmonic_fill
from ift6266.evaluation.metrics import mse, psnr


def picture_errors(paint: Paint, stream: Iterable[Minibatch]) -> np.ndarray:
    """The mean squared error in the hole of every picture.

    Returns (pictures,) float64, in the order of the stream.  Raises :class:`InputError` where that
    is empty.
    """
    errors = [
        mse(paint(minibatch), minibatch['picture'], minibatch['mask']) for minibatch in stream
    ]
    if not errors:
        raise InputError('there are no pictures to evaluate on')
    return np.concatenate(errors)


def evaluate(paint: Paint, stream: Iterable[Minibatch]) -> dict[str, float]:
    """Mean squared error and its PSNR over the whole ``stream``; see :func:`picture_errors`.

    Returns ``mse``, ``psnr`` and ``pictures``, their number; every picture counts the same, those
    of a smaller last minibatch too.
    """
    errors = picture_errors(paint, stream)
    error = float(errors.mean())
    return {'mse': error, 'psnr': psnr(error), 'pictures': len(errors)}


def evaluate_harmonic(stream: Iterable[Minibatch]) -> dict[str, float]:
    """``harmonic_mse`` and ``harmonic_psnr``: what a model has to beat on the same pictures."""
    result = evaluate(way_of_painting(harmonic_fill), stream)
    return {'harmonic_mse': result['mse'], 'harmonic_psnr': result['psnr']}
