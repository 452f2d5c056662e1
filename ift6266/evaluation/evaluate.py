"""How well a way of painting does on the pictures of a whole split."""

import numpy as np

from ift6266.errors import InputError
from ift6266.evaluation.harmonic import harmonic_fill
from ift6266.evaluation.metrics import mse, psnr


def picture_errors(inpaint, stream):
    """The mean squared error of the centre of every picture.

    Parameters
    ----------
    inpaint : callable
        From contexts, (batch, 3, 64, 64) in [0, 1], to centres, (batch, 3, 32, 32); a
        compiled generator or a fill such as
        :func:`~ift6266.evaluation.harmonic.harmonic_fill`.
    stream : iterable of (context, target)
        Minibatches, of any sizes.  What stands before the target is handed to ``inpaint``.

    Returns
    -------
    array
        (pictures,) float64, in the order of the stream.

    Raises
    ------
    InputError
        If the stream is empty.
    """
    errors = [mse(inpaint(*inputs), target) for *inputs, target in stream]
    if not errors:
        raise InputError('there are no pictures to evaluate on')
    return np.concatenate(errors)


def evaluate(inpaint, stream):
    """Mean squared error and its PSNR over the whole ``stream``; see :func:`picture_errors`.

    Returns a dict of ``mse``, ``psnr`` and ``pictures``, their number; every picture
    counts the same, those of a smaller last minibatch too.
    """
    errors = picture_errors(inpaint, stream)
    error = float(errors.mean())
    return {'mse': error, 'psnr': psnr(error), 'pictures': len(errors)}


def evaluate_harmonic(stream):
    """``harmonic_mse`` and ``harmonic_psnr``: what a model has to beat on the same pictures."""
    result = evaluate(lambda context, *_: harmonic_fill(context), stream)
    return {'harmonic_mse': result['mse'], 'harmonic_psnr': result['psnr']}
