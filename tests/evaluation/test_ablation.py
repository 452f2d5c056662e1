"""Captions exchanged and averaged, with a painter whose errors are known."""

import numpy as np

from ift6266.data.streams import with_captions
from ift6266.evaluation.ablation import ablate_captions, exchanged
from ift6266.evaluation.evaluate import evaluate
from tests.evaluation.support import minibatch
from tests.support import input_error

LEVELS = np.array([0.1, 0.9, 0.5, 0.3, 0.7])  # of grey: a picture, and its caption


def stream(batch_size=2):
    """Pictures of the grey that their caption vector says."""
    pictures = np.tile(LEVELS[:, None, None, None], (1, 3, 64, 64))
    return [minibatch(pictures[first : first + batch_size]) for first in range(0, 5, batch_size)]


def paint_captions(batch):
    """Paints the grey that the caption says."""
    return np.where(batch['mask'] > 0, batch['caption'][:, :1, None, None], batch['context'])


def vectors():
    return np.repeat(LEVELS[:, None], 300, axis=1)


def test_every_picture_gets_its_own_vector():
    assert evaluate(paint_captions, with_captions(stream(), vectors()))['mse'] == 0


def test_exchanged_vectors_are_all_those_of_others():
    for number in (2, 3, 50):
        rows = np.arange(number)[:, None]
        others = exchanged(rows)
        assert (others != rows).all()
        assert sorted(others[:, 0]) == list(range(number))


def test_errors_with_false_captions_and_with_the_mean():
    mean = np.full(300, 0.5)
    errors = ablate_captions(paint_captions, stream(), vectors=vectors(), mean=mean)
    false = exchanged(vectors())[:, 0]
    np.testing.assert_allclose(errors['shuffled_captions_mse'], np.mean((false - LEVELS) ** 2))
    np.testing.assert_allclose(errors['mean_caption_mse'], np.mean((0.5 - LEVELS) ** 2))


def test_one_picture_has_no_other():
    line = input_error(
        ablate_captions, paint_captions, stream(1)[:1], vectors=vectors()[:1], mean=vectors()[0]
    )
    assert 'two pictures' in line
