"""Evaluation over minibatches against the whole at once."""

import math
import unittest

import numpy as np

from ift6266.data.hole import split
from ift6266.errors import InputError
from ift6266.evaluation.evaluate import evaluate, evaluate_harmonic, picture_errors
from ift6266.evaluation.harmonic import harmonic_fill


def grey(context):
    return np.full(context.shape[:2] + (32, 32), 0.5, context.dtype)


class TestEvaluate(unittest.TestCase):
    def setUp(self):
        # The last picture is much worse than the rest, so uneven weights would show.
        images = np.random.RandomState(1).uniform(0.3, 0.7, (11, 3, 64, 64)).astype(np.float32)
        images[10] = 1
        self.context, self.target = split(images)

    def stream(self, batch_size):
        return [
            (self.context[first : first + batch_size], self.target[first : first + batch_size])
            for first in range(0, len(self.context), batch_size)
        ]

    def test_every_picture_counts_the_same_in_a_smaller_last_minibatch(self):
        expected = float(np.mean((self.target.astype(np.float64) - 0.5) ** 2))
        for batch_size in (1, 4, 11):
            result = evaluate(grey, self.stream(batch_size))
            assert result['pictures'] == 11
            assert math.isclose(result['mse'], expected, rel_tol=1e-6)
            assert math.isclose(result['psnr'], -10 * math.log10(expected), rel_tol=1e-6)

    def test_errors_come_in_the_order_of_the_stream(self):
        assert picture_errors(grey, self.stream(4)).argmax() == 10

    def test_harmonic_fill_of_the_same_pictures(self):
        result = evaluate(harmonic_fill, self.stream(4))
        assert evaluate_harmonic(self.stream(4)) == {
            'harmonic_mse': result['mse'],
            'harmonic_psnr': result['psnr'],
        }

    def test_all_inputs_before_the_target_are_handed_on(self):
        captioned = [(context, 'words', target) for context, target in self.stream(4)]
        result = evaluate(lambda context, caption: grey(context), captioned)
        assert result == evaluate(grey, self.stream(4))

    def test_an_empty_stream_is_refused(self):
        with self.assertRaises(InputError):
            evaluate(grey, [])
