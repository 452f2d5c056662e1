"""What an update moves, and what it must leave alone; on networks of a few parameters."""
import unittest
from unittest.mock import Mock, patch

import lasagne
import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import DenseLayer, InputLayer, ReshapeLayer, get_all_layers, get_all_params

from ift6266.layers import BatchNormLayer
from ift6266.training.algorithms import L2, WGAN, WarmUp
from ift6266.training.steps import Adam, clip_updates

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
        self.context, self.target = random.uniform(
            size=(2, BATCH) + SHAPE).astype(theano.config.floatX)

    def build_wgan(self, **options):
        return in_python(WGAN, self.generator, self.critic, 2e-3, **options)

    def test_each_update_is_so_many_critic_steps_and_one_generator_step(self):
        for critic_steps in (1, 3):
            wgan = self.build_wgan(critic_steps=critic_steps)
            for update in (1, 2):
                losses = wgan.update(self.context, self.target)
                self.assertEqual(wgan.state['critic_adam'][-1].get_value(),
                                 critic_steps * update)
                self.assertEqual(wgan.state['generator_adam'][-1].get_value(), update)
            self.assertEqual(set(losses), {'train_mse', 'critic_loss', 'generator_loss'})
            self.assertTrue(all(type(loss) is float for loss in losses.values()))

    def test_paints_once_and_reports_the_last_critic_loss(self):
        wgan = self.build_wgan(critic_steps=3)
        wgan.paint = Mock(return_value='painted')
        wgan.critic_step = Mock(side_effect=[1, 2, 3])
        wgan.generator_step = Mock(return_value=(4, 5))
        self.assertEqual(wgan.update('context', 'caption', 'target'),
                         {'critic_loss': 3, 'generator_loss': 4, 'train_mse': 5})
        wgan.paint.assert_called_once_with('context', 'caption')
        self.assertEqual(wgan.critic_step.call_args_list, [(('target', 'painted'),)] * 3)
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
        self.assertGreater(max(abs(param.get_value()).max() for param in
                               get_all_params(self.generator, trainable=True)), 0.5)

    def test_painting_moves_nothing(self):
        wgan = self.build_wgan()
        state = sum(wgan.state.values(), [])
        before = values(state)
        wgan.paint(self.context)
        self.assertTrue(all(same(before, values(state))))

    def test_a_critic_step_moves_the_critic_alone(self):
        wgan = self.build_wgan()
        others = wgan.state['generator'] + wgan.state['generator_adam']
        before, critic = values(others), values(wgan.state['critic'])
        wgan.critic_step(self.target, wgan.paint(self.context))
        self.assertTrue(all(same(before, values(others))))
        self.assertFalse(any(same(critic, values(wgan.state['critic']))))

    def test_a_generator_step_moves_the_generator_alone(self):
        wgan = self.build_wgan()
        others = wgan.state['critic'] + wgan.state['critic_adam']
        before, generator = values(others), values(wgan.state['generator'])
        wgan.generator_step(self.context, self.target)
        self.assertTrue(all(same(before, values(others))))
        self.assertFalse(any(same(generator, values(wgan.state['generator']))))

    def test_running_averages(self):
        """The generator's advance once an update, the critic's by the photographs alone."""
        wgan = self.build_wgan(critic_steps=2)
        wgan.update(self.context, self.target)
        norm = get_all_layers(self.generator)[1]
        np.testing.assert_allclose(norm.mean.get_value(), 0.1 * self.context.mean((0, 2, 3)),
                                   rtol=1e-5)
        np.testing.assert_allclose(get_all_layers(self.critic)[1].mean.get_value(),
                                   0.19 * self.target.mean((0, 2, 3)), rtol=1e-5)

    def test_without_adversarial_weight_the_generator_step_is_the_l2_step(self):
        generators = []
        for build in (lambda: self.build_wgan(adversarial_weight=0),
                      lambda: in_python(L2, self.generator, 2e-3)):
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
        self.assertEqual([algorithm.at_epoch(epoch) for epoch in (1, 2, 3, 4)],
                         [l2, l2, wgan, wgan])
        self.assertIs(l2.at_epoch(3), l2)
        self.assertIs(wgan.at_epoch(1), wgan)
        self.assertEqual(set(algorithm.state), {'generator', 'critic', 'l2_adam',
                                                'generator_adam', 'critic_adam'})

    def test_the_state_is_all_that_moves_by_names_of_its_own(self):
        algorithm = WarmUp(in_python(L2, self.generator, 2e-3), 1, self.build_wgan())
        names = [(group, variable.name) for group, variables in algorithm.state.items()
                 for variable in variables]
        self.assertEqual(len(names), len(set(names)))
        moved = {id(entry.variable.container)
                 for step in (algorithm.first.step, algorithm.then.paint,
                              algorithm.then.critic_step, algorithm.then.generator_step)
                 for entry in step.maker.inputs if entry.update is not None}
        self.assertEqual(moved, {id(variable.container)
                                 for variable in sum(algorithm.state.values(), [])})

    def test_unknown_backend(self):
        with self.assertRaises(ValueError):
            L2(self.generator, 2e-3, backend='abacus')


def test_adam_names_its_state():
    params = [theano.shared(np.zeros(2), 'a'), theano.shared(np.zeros((2, 3)), 'b')]
    adam = Adam(0.1)
    updates = adam(sum((param ** 2).sum() for param in params), params)
    assert [variable.name for variable in adam.state] == [
        'a.first', 'a.second', 'b.first', 'b.second', 'count']
    assert [variable.get_value().shape for variable in adam.state] == [
        (2,), (2,), (2, 3), (2, 3), ()]
    assert set(updates) == set(params) | set(adam.state)


def test_clipping_touches_the_parameters_alone():
    param, moment = theano.shared(np.zeros(3)), theano.shared(np.zeros(3))
    new = T.constant(np.array([-2., 0.5, 2.]))
    clipped = clip_updates({param: new, moment: new}, [param], 1)
    with theano.change_flags(mode='FAST_COMPILE'):
        assert clipped[param].eval().tolist() == [-1, 0.5, 1]
    assert clipped[moment] is new
