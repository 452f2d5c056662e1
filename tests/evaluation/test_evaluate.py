"""Evaluation over minibatches against the whole at once."""

import math
import unittest

import numpy as np

from ift6266.evaluation.evaluate import evaluate, evaluate_harmonic, picture_errors
from ift6266.evaluation.fills.harmonic import harmonic_fill
from ift6266.holes import centre, strokes
from tests.evaluation.support import minibatch
from tests.support import input_error


def grey(batch):
    return np.where(batch['mask'] > 0, np.float32(0.5), batch['context'])


class TestEvaluate(unittest.TestCase):
    def setUp(self):
        # The last picture is much worse than the rest, so uneven weights would show.
        self.pictures = np.random.RandomState(1).uniform(0.3, 0.7, (11, 3, 64, 64))
        self.pictures[10] = 1
        self.holes = np.stack([centre(), *map(strokes, map(np.random.RandomState, range(10)))])

    def stream(self, batch_size):
        return [
            minibatch(
                self.pictures[first : first + batch_size].astype(np.float32),
                self.holes[first : first + batch_size],
            )
            for first in range(0, len(self.pictures), batch_size)
        ]

    def test_every_picture_counts_the_same_in_a_smaller_last_minibatch(self):
        expected = np.mean([
            np.square(picture[:, hole] - 0.5).mean()
            for picture, hole in zip(self.pictures, self.holes)
        ])
        for batch_size in (1, 4, 11):
            result = evaluate(grey, self.stream(batch_size))
            assert result['pictures'] == 11
            assert math.isclose(result['mse'], expected, rel_tol=1e-6)
            assert math.isclose(result['psnr'], -10 * math.log10(expected), rel_tol=1e-6)

    def test_errors_come_in_the_order_of_the_stream(self):
        assert picture_errors(grey, self.stream(4)).argmax() == 10

    def test_harmonic_fill_of_the_same_pictures(self):
        result = evaluate(
            lambda batch: harmonic_fill(batch['context'], batch['mask']), self.stream(4)
        )
        assert evaluate_harmonic(self.stream(4)) == {
            'harmonic_mse': result['mse'],
            'harmonic_psnr': result['psnr'],
        }

    def test_an_empty_stream_is_refused(self):
        assert 'no pictures' in input_error(evaluate, grey, [])
