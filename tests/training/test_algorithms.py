"""What an update moves, and what it must leave alone; on networks of a few parameters."""

import unittest
from unittest.mock import Mock, call

import lasagne
import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import (
    DenseLayer,
    ElemwiseMergeLayer,
    InputLayer,
    ReshapeLayer,
    SliceLayer,
    get_all_layers,
    get_all_params,
    get_output,
)

from ift6266.layers import BatchNormLayer, DropoutLayer
from ift6266.networks.sources import input_vars
from ift6266.objectives.adversarial import AdversarialLoss
from ift6266.objectives.clipping import Clipping, Unconstrained
from ift6266.objectives.reconstruction import absolute_error
from ift6266.training.algorithms import Adversarial, Averaged, Reconstruction, WarmUp
from ift6266.training.optimizers import Adam
from ift6266.training.steps import Step, scores
from tests.training.support import in_python

BATCH, SHAPE = 5, (1, 2, 2)


def build_networks():
    """A generator, (batch, 1, 3, 3) → (batch, 1, 2, 2), and a critic of what it paints."""
    lasagne.random.set_rng(np.random.RandomState(1))
    layer = BatchNormLayer(InputLayer((None, 1, 3, 3), name='context'), name='norm')
    layer = DenseLayer(layer, 4, nonlinearity=lasagne.nonlinearities.sigmoid, name='dense')
    generator = ReshapeLayer(layer, ([0],) + SHAPE)
    layer = BatchNormLayer(InputLayer((None,) + SHAPE, name='centre'), name='norm')
    layer = DenseLayer(layer, 4, b=None, nonlinearity=lasagne.nonlinearities.tanh, name='hidden')
    return generator, DenseLayer(layer, 3, b=None, nonlinearity=None, name='score')


def values(variables):
    return [variable.get_value() for variable in variables]


def same(one, other):
    return [np.array_equal(a, b) for a, b in zip(one, other)]


class TestAlgorithms(unittest.TestCase):
    def setUp(self):
        self.generator, self.critic = build_networks()
        random, floatX = np.random.RandomState(2), theano.config.floatX
        self.context = random.uniform(size=(BATCH, 1, 3, 3)).astype(floatX)
        self.centre = random.uniform(size=(BATCH,) + SHAPE).astype(floatX)
        self.minibatch = {'context': self.context, 'centre': self.centre}

    def build_l2(self, learning_rate=2e-3, **options):
        return in_python(Reconstruction, self.generator, Adam(learning_rate), **options)

    def build_gan(self, critic=None, learning_rate=2e-3, **options):
        return in_python(
            Adversarial,
            self.generator,
            critic or self.critic,
            generator_optimizer=Adam(learning_rate),
            critic_optimizer=Adam(learning_rate),
            **options,
        )

    def painted_minibatch(self, gan):
        """What a critic step takes."""
        return {**self.minibatch, 'painted': gan.paint(self.minibatch)}

    def score(self, centres):
        """The outputs of the critic for a minibatch of centres."""
        output = get_output(self.critic, batch_norm_update_averages=False)
        return in_python(Step, input_vars(self.critic), output, 'score')({'centre': centres})

    def test_each_update_is_so_many_critic_steps_and_one_generator_step(self):
        for critic_steps in (1, 3):
            wgan = self.build_gan(critic_steps=critic_steps)
            for update in (1, 2):
                losses = wgan.update(self.minibatch)
                self.assertEqual(
                    wgan.state['critic_optimizer'][-1].get_value(), critic_steps * update
                )
                self.assertEqual(wgan.state['generator_optimizer'][-1].get_value(), update)
            self.assertEqual(
                set(losses),
                {
                    'train_mse',
                    'critic_loss',
                    'generator_loss',
                    'real_score',
                    'painted_score',
                    'critic_at_clip',
                    'adversarial_pull',
                },
            )
            self.assertTrue(all(np.ndim(loss) == 0 for loss in losses.values()))

    def test_paints_once_and_reports_the_last_critic_loss(self):
        wgan = self.build_gan(critic_steps=3)
        wgan.paint = Mock(return_value='painted')
        wgan.critic_step = Mock(side_effect=[{'critic_loss': loss} for loss in (1, 2, 3)])
        wgan.generator_step = Mock(return_value={'generator_loss': 4, 'train_mse': 5})
        minibatch = {'context': 'its context', 'centre': 'its centre'}
        losses = wgan.update(minibatch)
        self.assertEqual(
            [losses[name] for name in ('critic_loss', 'generator_loss', 'train_mse')], [3, 4, 5]
        )
        wgan.paint.assert_called_once_with(minibatch)
        painted = {**minibatch, 'painted': 'painted'}
        self.assertEqual(wgan.critic_step.call_args_list, 3 * [call(painted)])
        wgan.generator_step.assert_called_once()
        self.assertLessEqual(minibatch.items(), wgan.generator_step.call_args[0][0].items())

    def test_all_that_is_trained_of_the_critic_is_clipped(self):
        wgan = self.build_gan(critic_steps=1, constraint=Clipping(0.05))
        norm = get_all_layers(self.critic)[1]
        for update in range(3):
            wgan.update(self.minibatch)
            for param in get_all_params(self.critic, trainable=True):
                self.assertLessEqual(abs(param.get_value()).max(), np.float32(0.05), param)
            if update == 0:
                np.testing.assert_allclose(norm.gamma.get_value(), 0.05, rtol=1e-6)
        self.assertGreater(norm.inv_std.get_value().max(), 0.5)  # an average: not clipped
        self.assertGreater(
            max(
                abs(param.get_value()).max()
                for param in get_all_params(self.generator, trainable=True)
            ),
            0.5,
        )

    def test_painting_moves_nothing(self):
        wgan = self.build_gan()
        state = sum(wgan.state.values(), [])
        before = values(state)
        wgan.paint(self.minibatch)
        self.assertTrue(all(same(before, values(state))))

    def test_a_critic_step_moves_the_critic_alone(self):
        wgan = self.build_gan()
        others = wgan.state['generator'] + wgan.state['generator_optimizer']
        before, critic = values(others), values(wgan.state['critic'])
        wgan.critic_step(self.painted_minibatch(wgan))
        self.assertTrue(all(same(before, values(others))))
        self.assertFalse(any(same(critic, values(wgan.state['critic']))))

    def test_a_generator_step_moves_the_generator_alone(self):
        wgan = self.build_gan()
        others = wgan.state['critic'] + wgan.state['critic_optimizer']
        before, generator = values(others), values(wgan.state['generator'])
        wgan.generator_step(self.minibatch)
        self.assertTrue(all(same(before, values(others))))
        self.assertFalse(any(same(generator, values(wgan.state['generator']))))

    def test_running_averages(self):
        """The generator's advance once an update, the critic's by the photographs alone."""
        wgan = self.build_gan(critic_steps=2)
        wgan.update(self.minibatch)
        norm = get_all_layers(self.generator)[1]
        np.testing.assert_allclose(
            norm.mean.get_value(), 0.1 * self.context.mean((0, 2, 3)), rtol=1e-5
        )
        np.testing.assert_allclose(
            get_all_layers(self.critic)[1].mean.get_value(),
            0.19 * self.centre.mean((0, 2, 3)),
            rtol=1e-5,
        )

    def test_with_weight_0_the_generator_step_is_the_reconstruction_step(self):
        generators = []
        for build in (lambda: self.build_gan(weight=0), self.build_l2):
            self.setUp()
            losses = build().update(self.minibatch)
            generators.append(values(get_all_params(self.generator)) + [losses['train_mse']])
        for one, other in zip(*generators):
            np.testing.assert_allclose(one, other, rtol=1e-5)

    def test_weight_is_that_of_the_adversarial_loss_in_the_generator_loss(self):
        adversarial = []
        for weight in (1, 0.25):
            self.setUp()
            wgan = self.build_gan(weight=weight, constraint=Clipping(1))
            losses = wgan.update(self.minibatch)
            adversarial.append(losses['generator_loss'] - losses['train_mse'])
        self.assertGreater(abs(adversarial[0]), 1e-3)
        self.assertAlmostEqual(adversarial[1] / adversarial[0], 0.25, places=3)

    def test_l2_learns(self):
        l2 = self.build_l2(2e-2)
        losses = [l2.update(self.minibatch)['train_mse'] for _ in range(20)]
        self.assertLess(losses[-1], 0.8 * losses[0])

    def test_the_learning_rate_may_change_between_updates(self):
        rate = theano.shared(np.asarray(0, theano.config.floatX))
        l2 = self.build_l2(rate)
        params = get_all_params(self.generator, trainable=True)
        before = values(params)
        l2.update(self.minibatch)
        self.assertTrue(all(same(before, values(params))))
        rate.set_value(0.1)
        l2.update(self.minibatch)
        self.assertFalse(any(same(before, values(params))))

    def test_warm_up(self):
        l2, wgan = self.build_l2(), self.build_gan()
        algorithm = WarmUp(l2, 2, wgan)
        self.assertEqual(
            [algorithm.at_epoch(epoch) for epoch in (1, 2, 3, 4)], [l2, l2, wgan, wgan]
        )
        self.assertIs(l2.at_epoch(3), l2)
        self.assertIs(wgan.at_epoch(1), wgan)
        self.assertEqual(
            set(algorithm.state),
            {
                'generator',
                'critic',
                'reconstruction_optimizer',
                'progress',
                'generator_optimizer',
                'critic_optimizer',
                'constraint',
                'random',
            },
        )

    def test_the_state_is_all_that_moves_by_names_of_its_own(self):
        algorithm = WarmUp(self.build_l2(), 1, self.build_gan())
        names = [
            (group, variable.name)
            for group, variables in algorithm.state.items()
            for variable in variables
        ]
        self.assertEqual(len(names), len(set(names)))
        moved = {
            id(entry.variable.container)
            for step in (
                algorithm.first.step,
                algorithm.then.paint,
                algorithm.then.critic_step,
                algorithm.then.generator_step,
            )
            for entry in step.function.maker.inputs
            if entry.update is not None
        }
        moved.add(id(algorithm.then.updates.container))
        self.assertEqual(
            moved, {id(variable.container) for variable in sum(algorithm.state.values(), [])}
        )

    def test_the_first_generator_steps_come_after_more_critic_steps(self):
        wgan = self.build_gan(critic_steps=2, first_critic_steps=5)
        wgan.updates.set_value(Adversarial.BEGINNING - 1)
        for steps in (5, 5 + 2):
            wgan.update(self.minibatch)
            self.assertEqual(wgan.state['critic_optimizer'][-1].get_value(), steps)

    def test_every_500th_generator_step_comes_after_more_critic_steps(self):
        wgan = self.build_gan(critic_steps=2, first_critic_steps=5)
        wgan.updates.set_value(999)
        for steps in (2, 2 + 5, 2 + 5 + 2):
            wgan.update(self.minibatch)
            self.assertEqual(wgan.state['critic_optimizer'][-1].get_value(), steps)

    def test_random_numbers_are_part_of_the_state(self):
        """Those of both algorithms where one follows the other."""
        generator = ReshapeLayer(DropoutLayer(self.generator, name='drop'), ([0],) + SHAPE)
        then = in_python(
            Adversarial,
            generator,
            self.critic,
            generator_optimizer=Adam(0),
            critic_optimizer=Adam(0),
        )
        first = in_python(Reconstruction, generator, Adam(0))
        names = [state.name for state in WarmUp(first, 1, then).state['random']]
        self.assertEqual(names, ['drop.random1', 'drop.random2', 'drop.random3'])
        losses = []
        for _ in range(2):
            kept = values(first.state['random'])
            losses.append(first.update(self.minibatch)['train_mse'])
        for variable, value in zip(first.state['random'], kept):
            variable.set_value(value)
        self.assertNotEqual(*losses)
        self.assertEqual(first.update(self.minibatch)['train_mse'], losses[1])

    def test_health_of_the_critic(self):
        """Scores, the share of clipped parameters, and how strongly the critic pulls."""
        wgan = self.build_gan(weight=0.5)
        losses = wgan.critic_step(self.painted_minibatch(wgan))
        self.assertAlmostEqual(
            float(losses['critic_loss']),
            -float(losses['real_score'] - losses['painted_score']) / 2,
            places=6,
        )
        params = get_all_params(self.critic, trainable=True)
        losses = wgan.update(self.minibatch)
        numbers = np.concatenate([param.get_value().ravel() for param in params])
        at_clip = (abs(numbers) == np.float32(0.03)).mean()
        self.assertTrue(0 < at_clip < 1)
        self.assertAlmostEqual(losses['critic_at_clip'], at_clip)
        for param in params:
            param.set_value(0 * param.get_value())
        # With such a critic all scores are the same, and it does not pull.
        self.assertEqual(wgan.generator_step(self.minibatch)['adversarial_pull'], 0)

    def test_pull_of_the_critic(self):
        """Of a critic whose scores are linear in the pixels, beside that of L2, by hand."""
        centre = InputLayer((None,) + SHAPE, name='centre')
        critic = DenseLayer(centre, 3, b=None, nonlinearity=None, name='score')
        wgan = self.build_gan(critic, learning_rate=0, weight=3)
        painted = wgan.paint(self.minibatch)
        by_critic = 3 * critic.W.get_value().mean(axis=1) / 2 / BATCH  # for each picture the same
        by_l2 = 2 * (painted - self.centre) / painted.size
        self.assertAlmostEqual(
            float(wgan.generator_step(self.minibatch)['adversarial_pull']),
            np.sqrt(BATCH * np.square(by_critic).sum() / np.square(by_l2).sum()),
            places=4,
        )

    def test_joint_photographs_and_painted_pictures_are_one_minibatch(self):
        real, painted = T.tensor4(), T.tensor4()
        joint = scores(self.critic, {'centre': real}, {'centre': painted}, joint=True)
        step = in_python(Step, {'real': real, 'painted': painted}, T.concatenate(joint), 'scores')
        centres = self.centre, self.centre**2
        found = step(dict(zip(('real', 'painted'), centres)))
        np.testing.assert_allclose(found, self.score(np.concatenate(centres)), rtol=1e-5)
        self.assertFalse(np.allclose(found[:BATCH], self.score(self.centre)))

    def test_a_critic_that_takes_the_context(self):
        """Each score follows the picture's own context, in both steps, joint or not."""
        corner = InputLayer((None, 1, 3, 3), name='context')
        for axis in (2, 3):
            corner = SliceLayer(corner, slice(2), axis)
        product = ElemwiseMergeLayer([InputLayer((None,) + SHAPE, name='centre'), corner], T.mul)
        critic = DenseLayer(product, 1, b=None, nonlinearity=None, name='score')

        def mean_score(centre):
            products = self.context[..., :2, :2] * centre
            return products.reshape(BATCH, -1).dot(critic.W.get_value()).mean()

        painted = self.centre**2
        for joint in (False, True):
            wgan = self.build_gan(critic, learning_rate=0, constraint=Unconstrained(), joint=joint)
            losses = wgan.critic_step({**self.minibatch, 'painted': painted})
            np.testing.assert_allclose(
                [losses['real_score'], losses['painted_score']],
                [mean_score(self.centre), mean_score(painted)],
                rtol=1e-5,
            )
            losses = wgan.generator_step(self.minibatch)
            self.assertAlmostEqual(
                float(losses['generator_loss'] - losses['train_mse']),
                -mean_score(wgan.paint(self.minibatch)) / 2,
                places=5,
            )

    def test_a_joint_step_moves_no_averages(self):
        wgan = self.build_gan(joint=True)
        norm = get_all_layers(self.critic)[1]
        wgan.update(self.minibatch)
        np.testing.assert_array_equal(norm.mean.get_value(), 0 * norm.mean.get_value())

    def test_another_adversarial_loss(self):
        """The logarithms of Goodfellow et al. (2014), and a generator's that takes both scores."""
        loss = AdversarialLoss(
            critic=lambda real, painted: (T.nnet.softplus(-real) + T.nnet.softplus(painted)).mean(),
            generator=lambda real, painted: T.nnet.softplus(real.mean() - painted).mean(),
        )
        gan = self.build_gan(learning_rate=0, adversarial=loss, constraint=Unconstrained())
        real, painted = self.score(self.centre), self.score(gan.paint(self.minibatch))
        losses = gan.update(self.minibatch)
        self.assertNotIn('critic_at_clip', losses)
        np.testing.assert_allclose(
            [losses['critic_loss'], losses['generator_loss'] - losses['train_mse']],
            [
                np.mean(np.log1p(np.exp(-real)) + np.log1p(np.exp(painted))),
                np.mean(np.log1p(np.exp(real.mean() - painted))),
            ],
            rtol=1e-5,
        )

    def test_another_reconstruction_loss_is_recorded_beside_the_squared_error(self):
        for build in (self.build_l2, self.build_gan):
            algorithm = build(learning_rate=0, reconstruction=absolute_error)
            difference = self.build_gan().paint(self.minibatch) - self.centre
            expected = np.square(difference).mean(), abs(difference).mean()
            losses = algorithm.update(self.minibatch)
            np.testing.assert_allclose(
                [losses['train_mse'], losses['train_absolute_error']], expected, rtol=1e-5
            )
        score = self.score(self.build_gan().paint(self.minibatch)).mean()
        self.assertAlmostEqual(losses['generator_loss'], expected[1] - score / 2, places=5)

    def test_averaged(self):
        l2 = self.build_l2(2e-2)
        average, _ = build_networks()
        for param in get_all_params(average):
            param.set_value(param.get_value() + 7)  # what it is at first does not matter
        averaged = in_python(Averaged, l2, self.generator, average=average, decay=0.5)
        expected = values(get_all_params(average))
        for share in (0.1, 2 / 11, 3 / 12):
            averaged.at_epoch(1).update(self.minibatch)
            expected = [
                share * mean + (1 - share) * param
                for mean, param in zip(expected, values(get_all_params(self.generator)))
            ]
        for found, mean in zip(values(get_all_params(average)), expected):
            np.testing.assert_allclose(found, mean, rtol=1e-5, atol=1e-6)
        averaged.count.set_value(100)
        before, after = values(get_all_params(average)), values(get_all_params(self.generator))
        averaged.advance()
        for found, old, new in zip(values(get_all_params(average)), before, after):
            np.testing.assert_allclose(found, (old + new) / 2, rtol=1e-5, atol=1e-6)
