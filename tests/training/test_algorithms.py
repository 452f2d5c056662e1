"""What an update moves, and what it must leave alone; on networks of a few parameters."""

import unittest
from unittest.mock import Mock, patch

import lasagne
import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import (
    DenseLayer,
    ElemwiseMergeLayer,
    InputLayer,
    ReshapeLayer,
    get_all_layers,
    get_all_params,
    get_output,
)

from ift6266.backends import Backend
from ift6266.layers import BatchNormLayer
from ift6266.training.algorithms import L2, WGAN, Averaged, WarmUp, share_at_limit
from ift6266.training.optimizers import Adam
from ift6266.training.steps import clip_updates, scores

BATCH, SHAPE = 5, (1, 2, 2)


def build_networks():
    lasagne.random.set_rng(np.random.RandomState(1))
    layer = BatchNormLayer(InputLayer((None,) + SHAPE), name='norm')
    layer = DenseLayer(layer, 4, nonlinearity=lasagne.nonlinearities.sigmoid, name='dense')
    generator = ReshapeLayer(layer, ([0],) + SHAPE)
    layer = BatchNormLayer(InputLayer((None,) + SHAPE), name='norm')
    layer = DenseLayer(layer, 4, b=None, nonlinearity=lasagne.nonlinearities.tanh, name='hidden')
    return generator, DenseLayer(layer, 3, b=None, nonlinearity=None, name='score')


def in_python(Algorithm, *arguments, **options):
    """The algorithm compiled without C programs."""
    mode = theano.compile.mode.predefined_modes['FAST_COMPILE']
    with patch('theano.compile.mode.instantiated_default_mode', mode):
        return Algorithm(*arguments, **options)


def values(variables):
    return [variable.get_value() for variable in variables]


def same(one, other):
    return [np.array_equal(a, b) for a, b in zip(one, other)]


class TestAlgorithms(unittest.TestCase):
    def setUp(self):
        self.generator, self.critic = build_networks()
        random = np.random.RandomState(2)
        self.context, self.target = random.uniform(size=(2, BATCH) + SHAPE).astype(
            theano.config.floatX
        )

    def build_wgan(self, **options):
        return in_python(WGAN, self.generator, self.critic, (Adam(2e-3), Adam(2e-3)), **options)

    def test_each_update_is_so_many_critic_steps_and_one_generator_step(self):
        for critic_steps in (1, 3):
            wgan = self.build_wgan(critic_steps=critic_steps)
            for update in (1, 2):
                losses = wgan.update(self.context, self.target)
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
            self.assertTrue(all(type(loss) is float for loss in losses.values()))

    def test_paints_once_and_reports_the_last_critic_loss(self):
        wgan = self.build_wgan(critic_steps=3)
        wgan.paint = Mock(return_value='painted')
        wgan.critic_step = Mock(side_effect=[{'critic_loss': loss} for loss in (1, 2, 3)])
        wgan.generator_step = Mock(return_value={'generator_loss': 4, 'train_mse': 5})
        losses = wgan.update('context', 'caption', 'target')
        self.assertEqual(
            [losses[name] for name in ('critic_loss', 'generator_loss', 'train_mse')], [3, 4, 5]
        )
        wgan.paint.assert_called_once_with('context', 'caption')
        self.assertEqual(wgan.critic_step.call_args_list, [(('context', 'target', 'painted'),)] * 3)
        wgan.generator_step.assert_called_once_with('context', 'caption', 'target')

    def test_all_that_is_trained_of_the_critic_is_clipped(self):
        wgan = self.build_wgan(critic_steps=1, clip=0.05)
        norm = get_all_layers(self.critic)[1]
        for update in range(3):
            wgan.update(self.context, self.target)
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
        wgan = self.build_wgan()
        state = sum(wgan.state.values(), [])
        before = values(state)
        wgan.paint(self.context)
        self.assertTrue(all(same(before, values(state))))

    def test_a_critic_step_moves_the_critic_alone(self):
        wgan = self.build_wgan()
        others = wgan.state['generator'] + wgan.state['generator_optimizer']
        before, critic = values(others), values(wgan.state['critic'])
        wgan.critic_step(self.context, self.target, wgan.paint(self.context))
        self.assertTrue(all(same(before, values(others))))
        self.assertFalse(any(same(critic, values(wgan.state['critic']))))

    def test_a_generator_step_moves_the_generator_alone(self):
        wgan = self.build_wgan()
        others = wgan.state['critic'] + wgan.state['critic_optimizer']
        before, generator = values(others), values(wgan.state['generator'])
        wgan.generator_step(self.context, self.target)
        self.assertTrue(all(same(before, values(others))))
        self.assertFalse(any(same(generator, values(wgan.state['generator']))))

    def test_running_averages(self):
        """The generator's advance once an update, the critic's by the photographs alone."""
        wgan = self.build_wgan(critic_steps=2)
        wgan.update(self.context, self.target)
        norm = get_all_layers(self.generator)[1]
        np.testing.assert_allclose(
            norm.mean.get_value(), 0.1 * self.context.mean((0, 2, 3)), rtol=1e-5
        )
        np.testing.assert_allclose(
            get_all_layers(self.critic)[1].mean.get_value(),
            0.19 * self.target.mean((0, 2, 3)),
            rtol=1e-5,
        )

    def test_without_adversarial_weight_the_generator_step_is_the_l2_step(self):
        generators = []
        for build in (
            lambda: self.build_wgan(adversarial_weight=0),
            lambda: in_python(L2, self.generator, 2e-3),
        ):
            self.setUp()
            losses = build().update(self.context, self.target)
            generators.append(values(get_all_params(self.generator)) + [losses['train_mse']])
        for one, other in zip(*generators):
            np.testing.assert_allclose(one, other, rtol=1e-5)

    def test_adversarial_weight_is_that_of_the_score_in_the_generator_loss(self):
        adversarial = []
        for weight in (1, 0.25):
            self.setUp()
            wgan = self.build_wgan(adversarial_weight=weight, clip=1)
            losses = wgan.update(self.context, self.target)
            adversarial.append(losses['generator_loss'] - losses['train_mse'])
        self.assertGreater(abs(adversarial[0]), 1e-3)
        self.assertAlmostEqual(adversarial[1] / adversarial[0], 0.25, places=3)

    def test_l2_learns(self):
        l2 = in_python(L2, self.generator, 2e-2)
        losses = [l2.update(self.context, self.target)['train_mse'] for _ in range(20)]
        self.assertLess(losses[-1], 0.8 * losses[0])

    def test_the_learning_rate_may_change_between_updates(self):
        rate = theano.shared(np.asarray(0, theano.config.floatX))
        l2 = in_python(L2, self.generator, rate)
        params = get_all_params(self.generator, trainable=True)
        before = values(params)
        l2.update(self.context, self.target)
        self.assertTrue(all(same(before, values(params))))
        rate.set_value(0.1)
        l2.update(self.context, self.target)
        self.assertFalse(any(same(before, values(params))))

    def test_warm_up(self):
        l2, wgan = in_python(L2, self.generator, 2e-3), self.build_wgan()
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
                'l2_adam',
                'progress',
                'generator_optimizer',
                'critic_optimizer',
            },
        )

    def test_the_state_is_all_that_moves_by_names_of_its_own(self):
        algorithm = WarmUp(in_python(L2, self.generator, 2e-3), 1, self.build_wgan())
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
            for entry in step.maker.inputs
            if entry.update is not None
        }
        moved.add(id(algorithm.then.updates.container))
        self.assertEqual(
            moved, {id(variable.container) for variable in sum(algorithm.state.values(), [])}
        )

    def test_the_first_generator_steps_come_after_more_critic_steps(self):
        wgan = self.build_wgan(critic_steps=2, first_critic_steps=5)
        wgan.updates.set_value(WGAN.BEGINNING - 1)
        for steps in (5, 5 + 2):
            wgan.update(self.context, self.target)
            self.assertEqual(wgan.state['critic_optimizer'][-1].get_value(), steps)

    def test_health_of_the_critic(self):
        """Scores, the share of clipped parameters, and how strongly the critic pulls."""
        wgan = self.build_wgan(adversarial_weight=0.5)
        losses = wgan.critic_step(self.context, self.target, wgan.paint(self.context))
        self.assertAlmostEqual(
            float(losses['critic_loss']),
            -float(losses['real_score'] - losses['painted_score']) / 2,
            places=6,
        )
        params = get_all_params(self.critic, trainable=True)
        values = [
            params[0].get_value() * 0 + 0.03,
            *(0 * param.get_value() for param in params[1:]),
        ]
        for param, value in zip(params, values):
            param.set_value(value)
        self.assertAlmostEqual(
            share_at_limit(params, 0.03), values[0].size / sum(value.size for value in values)
        )
        # With such a critic all scores are the same, and it does not pull.
        self.assertEqual(wgan.generator_step(self.context, self.target)['adversarial_pull'], 0)

    def test_pull_of_the_critic(self):
        """Of a critic whose scores are linear in the pixels, beside that of L2, by hand."""
        critic = DenseLayer(InputLayer((None,) + SHAPE), 3, b=None, nonlinearity=None, name='score')
        wgan = in_python(WGAN, self.generator, critic, (Adam(0), Adam(0)), adversarial_weight=3)
        painted = wgan.paint(self.context)
        by_critic = 3 * critic.W.get_value().mean(axis=1) / 2 / BATCH  # for each picture the same
        by_l2 = 2 * (painted - self.target) / painted.size
        self.assertAlmostEqual(
            float(wgan.generator_step(self.context, self.target)['adversarial_pull']),
            np.sqrt(BATCH * np.square(by_critic).sum() / np.square(by_l2).sum()),
            places=4,
        )

    def test_together_photographs_and_painted_centres_are_one_minibatch(self):
        critic = self.critic
        context, target, painted = T.tensor4(), T.tensor4(), T.tensor4()
        with theano.change_flags(mode='FAST_COMPILE'):
            together = theano.function(
                [target, painted], scores(critic, context, target, painted, True)
            )
            alone = theano.function(
                [target], get_output(critic, target, batch_norm_update_averages=False)
            )
        found = np.concatenate(together(self.target, self.context))
        expected = alone(np.concatenate([self.target, self.context]))
        np.testing.assert_allclose(found, expected, rtol=1e-5)
        self.assertFalse(np.allclose(found[:BATCH], alone(self.target)))

    def test_a_critic_that_sees_the_context(self):
        """Each score follows the picture's own context, in both steps, alone and together."""
        layers = [InputLayer((None,) + SHAPE) for _ in range(2)]
        critic = DenseLayer(
            ElemwiseMergeLayer(layers, T.mul), 1, b=None, nonlinearity=None, name='score'
        )
        expected = [
            (self.context * centre).reshape(BATCH, -1).dot(critic.W.get_value()).mean()
            for centre in (self.target, self.target**2)
        ]
        for together in (False, True):
            wgan = in_python(
                WGAN, self.generator, critic, (Adam(0), Adam(0)), clip=10, together=together
            )
            losses = wgan.critic_step(self.context, self.target, self.target**2)
            np.testing.assert_allclose(
                [losses['real_score'], losses['painted_score']], expected, rtol=1e-5
            )
            losses = wgan.generator_step(self.context, self.target)
            score = (
                (self.context * wgan.paint(self.context))
                .reshape(BATCH, -1)
                .dot(critic.W.get_value())
                .mean()
            )
            self.assertAlmostEqual(
                float(losses['generator_loss'] - losses['train_mse']), -score / 2, places=5
            )

    def test_a_step_together_moves_no_averages(self):
        wgan = self.build_wgan(together=True)
        norm = get_all_layers(self.critic)[1]
        wgan.update(self.context, self.target)
        np.testing.assert_array_equal(norm.mean.get_value(), 0 * norm.mean.get_value())

    def test_averaged(self):
        l2 = in_python(L2, self.generator, 2e-2)
        average, _ = build_networks()
        for param in get_all_params(average):
            param.set_value(param.get_value() + 7)  # what it is at first does not matter
        averaged = in_python(Averaged, l2, self.generator, average, 0.5)
        expected = values(get_all_params(average))
        for share in (0.1, 2 / 11, 3 / 12):
            averaged.at_epoch(1).update(self.context, self.target)
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

    def test_unknown_backend(self):
        with self.assertRaises(ValueError):
            L2(self.generator, 2e-3, backend=Backend('abacus'))


def test_adam_names_its_state():
    params = [theano.shared(np.zeros(2), 'a'), theano.shared(np.zeros((2, 3)), 'b')]
    adam = Adam(0.1)
    updates = adam(sum((param**2).sum() for param in params), params)
    assert [variable.name for variable in adam.state] == [
        'a.first',
        'a.second',
        'b.first',
        'b.second',
        'count',
    ]
    assert [variable.get_value().shape for variable in adam.state] == [
        (2,),
        (2,),
        (2, 3),
        (2, 3),
        (),
    ]
    assert set(updates) == set(params) | set(adam.state)


def test_clipping_touches_the_parameters_alone():
    param, moment = theano.shared(np.zeros(3)), theano.shared(np.zeros(3))
    new = T.constant(np.array([-2.0, 0.5, 2.0]))
    clipped = clip_updates({param: new, moment: new}, [param], 1)
    with theano.change_flags(mode='FAST_COMPILE'):
        assert clipped[param].eval().tolist() == [-1, 0.5, 1]
    assert clipped[moment] is new
