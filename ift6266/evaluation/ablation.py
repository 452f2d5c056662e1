"""What captions are worth: held-out errors with the true ones, with others, with the mean."""

from collections.abc import Iterable

import numpy as np

from ift6266.data.streams import with_captions
from ift6266.errors import InputError
from ift6266.evaluation import Minibatch, Paint
from ift6266.evaluation.evaluate import evaluate


def exchanged(vectors: np.ndarray, seed: int = 1) -> np.ndarray:
    """The rows of ``vectors`` in an order in which none stays where it was."""
    order = np.random.RandomState(seed).permutation(len(vectors))
    others = np.empty_like(vectors)
    others[order] = vectors[np.roll(order, 1)]
    return others


def ablate_captions(
    paint: Paint, stream: Iterable[Minibatch], *, vectors: np.ndarray, mean: np.ndarray
) -> dict[str, float]:
    """The error of a caption generator when the captions are false, and when they say nothing.

    Parameters
    ----------
    paint
        By the source ``caption``.
    stream
        Minibatches without it, as often as asked.
    vectors : (pictures, 300)
        The pictures' own sentence vectors, in the order of the stream.
    mean : (300,)
        The mean sentence vector of the training captions.

    Returns
    -------
    dict
        ``shuffled_captions_mse``, each picture painted with the captions of another, and
        ``mean_caption_mse``, all painted with ``mean``.

    Raises
    ------
    InputError
        If there is only one picture.
    """
    if len(vectors) < 2:
        raise InputError('captions cannot be exchanged between fewer than two pictures')
    # Not broadcast_to: Theano 1.0.5 misreads arrays of stride zero where it adds dimensions.
    given = {
        'shuffled_captions_mse': exchanged(vectors),
        'mean_caption_mse': np.tile(mean, (len(vectors), 1)),
    }
    return {
        name: evaluate(paint, with_captions(stream, rows))['mse'] for name, rows in given.items()
    }
