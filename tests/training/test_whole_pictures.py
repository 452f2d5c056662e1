"""Training a generator that takes the mask and paints whole pictures, against NumPy.

The networks compute each pixel by itself, so that NumPy does the same in a line.
"""

import unittest

import lasagne
import numpy as np
import theano
from lasagne.layers import (
    ConcatLayer,
    DenseLayer,
    GlobalPoolLayer,
    InputLayer,
    NINLayer,
    SliceLayer,
)
from scipy.ndimage import binary_dilation

from ift6266 import holes
from ift6266.objectives.clipping import Unconstrained
from ift6266.objectives.reconstruction import absolute_error, overlap
from ift6266.training.algorithms import Adversarial, Reconstruction
from ift6266.training.optimizers import Adam
from tests.training.support import in_python, masked_generator, picture_critic

BATCH = 3


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def pixelwise(pictures, mask, network):
    """What a linear layer makes of each pixel and the mask beside it."""
    return np.einsum('bcij,cd->bdij', np.concatenate([pictures, mask], 1), network.W.get_value())


class TestWholePictures(unittest.TestCase):
    def setUp(self):
        lasagne.random.set_rng(np.random.RandomState(1))
        self.generator, self.critic = masked_generator(), picture_critic()
        random, floatX = np.random.RandomState(2), theano.config.floatX
        self.picture = random.uniform(size=(BATCH, 3, 64, 64)).astype(floatX)
        kinds = holes.centre, holes.rectangle, holes.strokes  # of different sizes
        self.mask = np.stack([hole(random) for hole in kinds])[:, np.newaxis].astype(floatX)
        self.context = self.picture * (1 - self.mask)
        self.minibatch = {'context': self.context, 'mask': self.mask, 'picture': self.picture}
        self.painted = sigmoid(pixelwise(self.context, self.mask, self.generator))
        difference = (self.painted - self.picture) * self.mask
        numbers = 3 * self.mask.sum()
        self.squared_error = np.square(difference).sum() / numbers
        self.absolute_error = abs(difference).sum() / numbers
        filled = self.context + self.mask * self.painted
        self.real_score, self.painted_score = (
            pixelwise(pictures, self.mask, self.critic).mean()
            for pictures in (self.picture, filled)
        )

    def build_gan(self, critic=None, generator=None, learning_rate=0, **options):
        return in_python(
            Adversarial,
            generator or self.generator,
            critic or self.critic,
            generator_optimizer=Adam(learning_rate),
            critic_optimizer=Adam(learning_rate),
            constraint=Unconstrained(),
            **options,
        )

    def test_the_loss_is_over_the_pixels_of_the_holes(self):
        l2 = in_python(Reconstruction, self.generator, Adam(0))
        losses = l2.update(self.minibatch)
        self.assertEqual(list(losses), ['train_mse'])
        np.testing.assert_allclose(losses['train_mse'], self.squared_error, rtol=1e-5)

    def test_the_truth_outside_of_the_holes_does_not_matter(self):
        l2 = in_python(Reconstruction, self.generator, Adam(0))
        blank = {**self.minibatch, 'picture': self.picture * self.mask}
        self.assertEqual(l2.update(blank), l2.update(self.minibatch))

    def test_the_gradient_comes_from_the_holes(self):
        """By NumPy: of the squared error, through the sigmoid, by the four weights of a colour."""
        adam = Adam(0)
        l2 = in_python(Reconstruction, self.generator, adam)
        l2.update(self.minibatch)
        slope = 2 * (self.painted - self.picture) * self.mask / (3 * self.mask.sum())
        slope *= self.painted * (1 - self.painted)
        inputs = np.concatenate([self.context, self.mask], 1)
        gradient = np.einsum('bcij,bdij->cd', inputs, slope)
        first = next(moment for moment in adam.state if moment.name.endswith('W.first'))
        np.testing.assert_allclose(2 * first.get_value(), gradient, rtol=1e-4, atol=1e-7)

    def test_another_loss_is_recorded_beside_the_squared_error(self):
        l1 = in_python(Reconstruction, self.generator, Adam(0), reconstruction=absolute_error)
        losses = l1.update(self.minibatch)
        self.assertEqual(set(losses), {'train_mse', 'train_absolute_error'})
        np.testing.assert_allclose(losses['train_mse'], self.squared_error, rtol=1e-5)
        np.testing.assert_allclose(losses['train_absolute_error'], self.absolute_error, rtol=1e-5)

    def test_a_border_of_known_pixels_counts_more(self):
        l2 = in_python(Reconstruction, self.generator, Adam(0), weights=overlap)
        losses = l2.update(self.minibatch)
        self.assertEqual(set(losses), {'train_mse', 'train_squared_error'})
        np.testing.assert_allclose(losses['train_mse'], self.squared_error, rtol=1e-5)
        wide = np.stack([[binary_dilation(mask[0], np.ones((9, 9)))] for mask in self.mask])
        squares = np.square(self.painted - self.picture) * np.where(self.mask > 0, 1, 10 * wide)
        expected = squares.sum() / (3 * wide.sum())
        np.testing.assert_allclose(losses['train_squared_error'], expected, rtol=1e-5)

    def test_l2_learns(self):
        l2 = in_python(Reconstruction, self.generator, Adam(5e-2))
        first, *_, last = (l2.update(self.minibatch)['train_mse'] for _ in range(20))
        noise = 1 / 12  # the variance of what nobody can guess
        self.assertLess(last - noise, (first - noise) / 2)

    def test_a_critic_of_the_picture_and_the_mask(self):
        """The critic takes painted pictures with their context, joint or not."""
        for joint in (False, True):
            gan = self.build_gan(weight=0.5, joint=joint)
            np.testing.assert_allclose(gan.paint(self.minibatch), self.painted, rtol=1e-5)
            losses = gan.update(self.minibatch)
            self.assertNotIn('critic_at_clip', losses)
            for name, expected in (
                ('real_score', self.real_score),
                ('painted_score', self.painted_score),
                ('critic_loss', -(self.real_score - self.painted_score) / 2),
                ('train_mse', self.squared_error),
                ('generator_loss', self.squared_error - 0.5 * self.painted_score / 2),
            ):
                np.testing.assert_allclose(losses[name], expected, rtol=1e-4, err_msg=name)

    def test_the_pull_of_the_critic_is_in_the_holes(self):
        gan = self.build_gan(weight=0.5)
        weights = self.critic.W.get_value()[:3, 0]  # of the colours
        by_critic = 0.5 * self.mask * weights[:, np.newaxis, np.newaxis] / 2 / self.mask.size
        by_l2 = 2 * (self.painted - self.picture) * self.mask / (3 * self.mask.sum())
        np.testing.assert_allclose(
            gan.update(self.minibatch)['adversarial_pull'],
            np.linalg.norm(by_critic) / np.linalg.norm(by_l2),
            rtol=1e-4,
        )

    def test_each_step_moves_its_own_network(self):
        gan = self.build_gan(learning_rate=1e-2, critic_steps=2)
        painted = {**self.minibatch, 'painted': gan.paint(self.minibatch)}
        for step, argument, moved, others in (
            (gan.critic_step, painted, self.critic, self.generator),
            (gan.generator_step, self.minibatch, self.generator, self.critic),
        ):
            before = [network.W.get_value() for network in (moved, others)]
            step(argument)
            self.assertTrue((before[0] != moved.W.get_value()).any())
            np.testing.assert_array_equal(before[1], others.W.get_value())

    def test_a_critic_of_the_centre(self):
        """It takes the middle of the pictures, with what is painted there."""
        centre = InputLayer((None, 3, 32, 32), name='centre')
        critic = NINLayer(centre, 2, b=None, nonlinearity=None, name='score')
        losses = self.build_gan(critic).update(self.minibatch)
        filled = self.context + self.mask * self.painted
        for name, pictures in (('real_score', self.picture), ('painted_score', filled)):
            middle = pictures[..., 16:48, 16:48]
            score = np.einsum('bcij,cd->bdij', middle, critic.W.get_value()).mean()
            np.testing.assert_allclose(losses[name], score, rtol=1e-4, err_msg=name)

    def test_a_critic_that_takes_captions(self):
        """Its score is linear in the caption and in the mean colour of the centre."""
        caption = InputLayer((None, 5), name='caption')
        colour = GlobalPoolLayer(InputLayer((None, 3, 32, 32), name='centre'))
        critic = DenseLayer(ConcatLayer([caption, colour]), 1, b=None, nonlinearity=None)
        vectors = np.random.RandomState(3).normal(size=(BATCH, 5)).astype(self.picture.dtype)
        filled = self.context + self.mask * self.painted
        for joint in (False, True):
            losses = self.build_gan(critic, joint=joint).update({
                **self.minibatch,
                'caption': vectors,
            })
            for name, pictures in (('real_score', self.picture), ('painted_score', filled)):
                colours = pictures[..., 16:48, 16:48].mean(axis=(2, 3))
                seen = np.concatenate([vectors, colours], axis=1)
                score = (seen @ critic.W.get_value()).mean()
                np.testing.assert_allclose(losses[name], score, rtol=1e-4, err_msg=name)

    def test_a_critic_of_the_picture_where_the_centre_is_painted(self):
        """The generator paints the centre with the sigmoid of a corner of the context."""
        corner = InputLayer((None, 3, 64, 64), name='context')
        for axis in (2, 3):
            corner = SliceLayer(corner, slice(32), axis)
        generator = NINLayer(corner, 3, b=None, nonlinearity=lasagne.nonlinearities.sigmoid)
        gan = self.build_gan(generator=generator)
        mask = np.broadcast_to(holes.centre().astype(self.mask.dtype), self.mask.shape)
        centre = (Ellipsis, slice(16, 48), slice(16, 48))
        context = self.picture * (1 - mask)
        minibatch = {'context': context, 'mask': mask, 'centre': self.picture[centre]}
        losses = gan.update(minibatch)
        painted = sigmoid(
            np.einsum('bcij,cd->bdij', context[..., :32, :32], generator.W.get_value())
        )
        filled = context.copy()
        filled[centre] = painted
        for name, expected in (
            ('real_score', pixelwise(self.picture, mask, self.critic).mean()),
            ('painted_score', pixelwise(filled, mask, self.critic).mean()),
            ('train_mse', np.square(painted - self.picture[centre]).mean()),
        ):
            np.testing.assert_allclose(losses[name], expected, rtol=1e-4, err_msg=name)
