"""This project's training by XLA and by Theano itself, from the same weights and minibatches."""

import unittest
from unittest.mock import patch

import lasagne
import numpy as np
import theano

from ift6266.backends import Backend
from ift6266.holes import CENTRE
from ift6266.inpainter import compile_output
from ift6266.networks import CRITICS, GENERATORS
from ift6266.training.algorithms import Adversarial, Averaged, Reconstruction
from ift6266.training.optimizers import Adam
from tests.backends.xla.support import require_jax, small_networks

ITERATIONS, BATCH, RATE = 10, 2, 2e-3
QUICK = theano.Mode(optimizer='fast_compile')  # Theano compiles it in half the time


def minibatches(dtype, count=ITERATIONS):
    """Pictures of 4×4 squares whose colours change smoothly, their centres, and captions."""
    random = np.random.RandomState(5)
    for _ in range(count):
        colours = random.uniform(0, 0.2, (BATCH, 3, 16, 16)).cumsum(2).cumsum(3) % 1
        pictures = colours.repeat(4, 2).repeat(4, 3).astype(dtype)
        centre = pictures[CENTRE].copy()
        pictures[CENTRE] = 0
        caption = random.normal(size=(BATCH, 300)).astype(dtype)
        yield {'context': pictures, 'centre': centre, 'caption': caption}


def build_networks():
    """A generator, a critic, and a generator for the moving average."""
    return GENERATORS['generator'](), CRITICS['critic'](), GENERATORS['generator']()


def build(backend):
    """L2 + WGAN with a moving average; all variables that it updates, by name; the average."""
    lasagne.random.set_rng(np.random.RandomState(1))
    generator, critic, average = build_networks()
    wgan = Adversarial(
        generator,
        critic,
        generator_optimizer=Adam(RATE),
        critic_optimizer=Adam(RATE),
        backend=backend,
    )
    averaged = Averaged(wgan, generator, average=average, decay=0.999, backend=backend)
    averaged.at_epoch(1)
    variables = {
        f'{group} {number} {variable.name}': variable
        for group, variables in averaged.state.items()
        for number, variable in enumerate(variables)
    }
    return averaged, variables, average


def train(backend, floatX, iterations=ITERATIONS):
    """Losses of WGAN iterations; the values of all variables; what the average then paints."""
    with (
        theano.change_flags(floatX=floatX),
        patch('theano.compile.mode.instantiated_default_mode', QUICK),
    ):
        averaged, variables, average = build(backend)
        losses = [averaged.update(minibatch) for minibatch in minibatches(floatX, iterations)]
        values = {name: variable.get_value() for name, variable in variables.items()}
        paint = compile_output(average, backend)
        return losses, values, paint(next(minibatches(floatX))['context'])


def difference_of_losses(ours, theirs):
    """The largest relative difference of ten iterations, each from the state that theirs reached.

    ``ours`` and ``theirs`` are what :func:`build` returns, in float32.
    """
    (our_wgan, our_variables, _), (their_wgan, their_variables, _) = ours, theirs
    differences = []
    for minibatch in minibatches('float32'):
        for name, variable in our_variables.items():
            variable.set_value(their_variables[name].get_value())
        one, other = our_wgan.update(minibatch), their_wgan.update(minibatch)
        differences += [
            abs(one[name] / other[name] - 1)
            for name in ('train_mse', 'generator_loss', 'critic_loss')
        ]
    return max(differences)


class TestWGAN(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        require_jax()

    def test_float64(self):
        """Parameters, moments and averages after ten iterations."""
        (ours, values, painted), (theirs, others, theirs_painted) = [
            train(Backend(backend), 'float64') for backend in ('xla', 'theano')
        ]
        assert set(values) == set(others)
        for name, value in values.items():
            assert value.dtype == others[name].dtype, name
            error = np.abs(value - others[name]).max() / np.abs(others[name]).max()
            assert error <= 1e-6, f'{name}: {error:.1e}'
        for one, other in zip(ours, theirs):
            np.testing.assert_allclose(list(one.values()), [other[name] for name in one], 1e-6)
        np.testing.assert_allclose(painted, theirs_painted, 1e-6)

    def test_iterations_in_one_call(self):
        """They are what single ones are, each with a learning rate of its own."""
        rates = [np.float64(rate) for rate in (1e-3, 2e-3, 5e-4)]
        found = []
        for at_once in (False, True):
            rate = theano.shared(rates[0], 'rate')
            with (
                theano.change_flags(floatX='float64'),
                patch('tests.backends.xla.test_training.RATE', rate),
                patch('tests.backends.xla.test_training.build_networks', small_networks),
            ):
                averaged, variables, _ = build(Backend('xla'))
                given = [
                    {name: array[..., ::4, ::4] for name, array in each.items() if array.ndim == 4}
                    for each in minibatches('float64', len(rates))
                ]
                if at_once:
                    losses = averaged.update.each(given, {rate: rates})['generator_loss']
                else:
                    losses = []
                    for number, minibatch in zip(rates, given):
                        rate.set_value(number)
                        losses.append(averaged.update(minibatch)['generator_loss'])
            found.append((losses, [variable.get_value() for variable in variables.values()]))
        (losses, values), (their_losses, their_values) = found
        np.testing.assert_allclose(losses, their_losses, rtol=1e-9)
        for value, other in zip(values, their_values, strict=True):
            np.testing.assert_allclose(value, other, rtol=1e-7, atol=1e-12)

    def test_float32(self):
        """Losses of ten iterations, each from the state that Theano reached.

        From the same first state alone the two diverge, since training in float32 is chaotic: from
        weights that differ by one rounding Theano diverges as far from itself, a few percent in
        ten iterations.
        """
        with (
            patch('tests.backends.xla.test_training.BATCH', 16),
            patch('theano.compile.mode.instantiated_default_mode', QUICK),
        ):
            ours, theirs = build(Backend('xla')), build(Backend('theano'))
        assert difference_of_losses(ours, theirs) <= 1e-3


def reconstruction_losses(backend, kind, count):
    """Those of some L2 steps."""
    lasagne.random.set_rng(np.random.RandomState(1))
    l2 = Reconstruction(GENERATORS[kind](), Adam(np.float32(RATE)), backend=backend)
    return [l2.update(minibatch)['train_mse'] for minibatch in minibatches('float32', count)]


def test_precision():
    """Losses of bfloat16 and TF32 are near those of float32."""
    require_jax()
    losses = {
        precision: reconstruction_losses(Backend('xla', precision), 'generator', 4)
        for precision in ('float32', 'tf32', 'bfloat16')
    }
    np.testing.assert_allclose(losses['tf32'], losses['float32'], rtol=1e-3)
    np.testing.assert_allclose(losses['bfloat16'], losses['float32'], rtol=0.02)
    assert losses['bfloat16'] != losses['float32']


def test_captions():
    """The caption generator's L2 step, by both backends."""
    require_jax()
    with patch('theano.compile.mode.instantiated_default_mode', QUICK):
        ours, theirs = [
            reconstruction_losses(Backend(backend), 'caption_generator', 3)
            for backend in ('xla', 'theano')
        ]
    np.testing.assert_allclose(ours, theirs, rtol=1e-3)
