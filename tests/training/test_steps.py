"""The training steps against their twin in PyTorch, and what they must not move."""

import unittest
from unittest.mock import patch

import lasagne
import numpy as np
import theano
from lasagne.layers import get_all_params
from scipy.ndimage import zoom

from ift6266.backends import Backend
from ift6266.data.streams import training_stream
from ift6266.networks.critic import build_critic
from ift6266.networks.generator import build_generator
from ift6266.objectives.clipping import Clipping
from ift6266.training.algorithms import Adversarial, Reconstruction
from ift6266.training.optimizers import Adam
from ift6266.training.steps import compile_preparation
from tests.backends.cpu.support import EMULATED_TILES, NO_TILES, require_kernels, tiles
from tests.support import in_folder
from tests.training.support import in_python, save_pictures

try:
    import torch

    from tests.training import torch_twin as twin
except ImportError:
    torch = None

ALL = ('context', 'mask', 'centre', 'picture')
BATCH, ROUNDS, CRITIC_STEPS, CLIP, LEARNING_RATE = 8, 2, 5, 0.03, 2e-3


def smooth_minibatches(random, dtype, batch=BATCH):
    """Minibatches of pictures with a blank centre, one for each round."""
    for _ in range(ROUNDS):
        coarse = random.uniform(-0.2, 1.2, size=(batch, 3, 6, 6))
        pictures = zoom(coarse, (1, 1, 64 / 6, 64 / 6), order=3).clip(0, 1).astype(dtype)
        centre = pictures[:, :, 16:48, 16:48].copy()
        pictures[:, :, 16:48, 16:48] = 0
        yield {'context': pictures, 'centre': centre}


def in_torch(minibatch):
    """Context and centre as tensors."""
    return [torch.from_numpy(minibatch[source]) for source in ('context', 'centre')]


def difference(ours, theirs):
    """The largest difference of two arrays, relative to the largest value."""
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


def error_of(arrays, exact):
    """Of arrays by name, all together, relative to the exact ones."""
    assert set(arrays) == set(exact)
    squares = [
        [np.square(array).sum() for array in (arrays[name] - exact[name], exact[name])]
        for name in exact
    ]
    return np.sqrt(np.divide(*np.sum(squares, axis=0)))


def values(variables):
    return {variable.name: variable.get_value() for variable in variables}


class Fidelity:
    """Two rounds of five critic steps with clipping and a generator step; and the L2 step."""

    floatX = mode = None
    backend = Backend('theano')

    @classmethod
    def setUpClass(cls):
        if torch is None:
            raise unittest.SkipTest('PyTorch is not installed')
        cls.dtype = getattr(torch, cls.floatX)
        # With this seed no gradient is so near zero that PyTorch's own float32 and float64
        # disagree about its sign; with one in two, some loss is then 1e-5 or 1e-4 off.
        random = np.random.RandomState(5)
        cls.minibatches = list(smooth_minibatches(random, cls.floatX))
        with (
            theano.change_flags(floatX=cls.floatX),
            patch('theano.compile.mode.instantiated_default_mode', cls.mode),
        ):
            lasagne.random.set_rng(random)
            cls.generator, cls.critic = build_generator(), build_critic()
            cls.wgan = Adversarial(
                cls.generator,
                cls.critic,
                generator_optimizer=Adam(LEARNING_RATE),
                critic_optimizer=Adam(LEARNING_RATE),
                critic_steps=CRITIC_STEPS,
                constraint=Clipping(CLIP),
                backend=cls.backend,
            )
            cls.l2 = Reconstruction(cls.generator, Adam(LEARNING_RATE), backend=cls.backend)
        cls.variables = [
            variable
            for state in (cls.wgan.state, cls.l2.state)
            for group in state.values()
            for variable in group
        ]
        cls.first_values = [variable.get_value() for variable in cls.variables]

    def setUp(self):
        for variable, value in zip(self.variables, self.first_values):
            variable.set_value(value)
        self.twin_generator = twin.tensors(values(get_all_params(self.generator)), self.dtype)
        self.twin_critic = twin.tensors(values(get_all_params(self.critic)), self.dtype)
        self.generator_adam = twin.Adam(self.twin_generator, LEARNING_RATE)
        self.critic_adam = twin.Adam(self.twin_critic, LEARNING_RATE)

    def train_wgan(self):
        """Losses of both, round by round; first ours."""
        for minibatch in self.minibatches:
            losses = self.wgan.update(minibatch)
            tensors = in_torch(minibatch)
            for _ in range(CRITIC_STEPS):
                critic_loss = twin.critic_step(
                    self.twin_generator, self.twin_critic, self.critic_adam, CLIP, *tensors
                )
            generator_loss, squared_error = twin.generator_step(
                self.twin_generator, self.twin_critic, self.generator_adam, *tensors
            )
            yield (
                losses,
                {
                    'critic_loss': critic_loss,
                    'generator_loss': generator_loss,
                    'train_mse': squared_error,
                },
            )

    def train_l2(self):
        for minibatch in self.minibatches:
            losses = self.l2.update(minibatch)
            squared_error = twin.l2_step(
                self.twin_generator, self.generator_adam, *in_torch(minibatch)
            )
            yield losses, {'train_mse': squared_error}

    def assert_close(self, variables, theirs, tolerance=1e-6):
        ours = values(variables)
        assert set(ours) == set(theirs)
        for name, value in ours.items():
            error = difference(value, theirs[name])
            assert error <= tolerance, f'{name}: {error:.1e}'


class TestFloat64(Fidelity, unittest.TestCase):
    """Everything that a step moves agrees.

    Fewer of Theano's rewritings halve the time to compile; the others have them all.
    """

    floatX = 'float64'
    mode = theano.Mode(optimizer='fast_compile')

    def assert_same_network(self, group, network):
        self.assert_close(
            group, {name: tensor.detach().numpy() for name, tensor in network.items()}
        )

    def test_wgan(self):
        for ours, theirs in self.train_wgan():
            for name in theirs:
                assert abs(ours[name] - theirs[name]) < 1e-9, name
        state = self.wgan.state
        self.assert_same_network(state['generator'], self.twin_generator)
        self.assert_same_network(state['critic'], self.twin_critic)
        self.assert_close(state['generator_optimizer'], self.generator_adam.state())
        self.assert_close(state['critic_optimizer'], self.critic_adam.state())

    def test_l2(self):
        for ours, theirs in self.train_l2():
            assert abs(ours['train_mse'] - theirs['train_mse']) < 1e-9
        self.assert_same_network(self.l2.state['generator'], self.twin_generator)
        self.assert_close(self.l2.state['reconstruction_optimizer'], self.generator_adam.state())


class TestFloat32(Fidelity, unittest.TestCase):
    """The losses and the first gradients agree.

    The parameters need not: where a gradient is zero but for rounding, Adam's first
    steps make it plus or minus the learning rate.
    """

    floatX = 'float32'
    mode = theano.Mode()

    def assert_losses(self, rounds):
        for ours, theirs in rounds:
            assert set(ours) >= set(theirs)
            for name in theirs:
                error = abs(ours[name] - theirs[name])
                assert error <= 1e-4 * max(abs(theirs[name]), 1e-2), (name, ours, theirs)

    def assert_first_gradients(self, ours, theirs):
        """Adam's first moment after one step is half the gradient, as β₁ = 0.5."""
        ours, theirs = values(ours), theirs.state()
        for name in ours:
            if name.endswith('.first'):
                error = np.linalg.norm(ours[name] - theirs[name]) / np.linalg.norm(theirs[name])
                assert error <= 1e-4, f'{name}: {error:.1e}'

    def test_wgan_losses(self):
        self.assert_losses(self.train_wgan())

    def test_l2_losses(self):
        self.assert_losses(self.train_l2())

    def test_gradients_of_l2(self):
        next(self.train_l2())
        self.assert_first_gradients(self.l2.state['reconstruction_optimizer'], self.generator_adam)

    def test_gradients_of_critic(self):
        minibatch = self.minibatches[0]
        self.wgan.critic_step({**minibatch, 'painted': self.wgan.paint(minibatch)})
        twin.critic_step(
            self.twin_generator, self.twin_critic, self.critic_adam, CLIP, *in_torch(minibatch)
        )
        self.assert_first_gradients(self.wgan.state['critic_optimizer'], self.critic_adam)

    def test_gradients_of_generator(self):
        minibatch = self.minibatches[0]
        self.wgan.generator_step(minibatch)
        twin.generator_step(
            self.twin_generator, self.twin_critic, self.generator_adam, *in_torch(minibatch)
        )
        self.assert_first_gradients(self.wgan.state['generator_optimizer'], self.generator_adam)


class TestFloat32OnKernels(TestFloat32):
    """The same by the kernels for CPUs."""

    backend = Backend('cpu')

    @classmethod
    def setUpClass(cls):
        require_kernels()
        super().setUpClass()

    def test_gradients_are_as_exact_as_those_of_pytorch(self):
        """By their relative error against float64, over six minibatches."""
        ours, theirs = [], []
        for seed in range(6):
            minibatch = next(smooth_minibatches(np.random.RandomState(seed), 'float32', 32))
            self.setUp()
            exact = self.gradients_by_pytorch(minibatch, torch.float64)
            theirs.append(error_of(self.gradients_by_pytorch(minibatch, torch.float32), exact))
            self.l2.update(minibatch)
            ours.append(
                error_of(
                    {
                        name[: -len('.first')]: 2.0 * moment
                        for name, moment in values(
                            self.l2.state['reconstruction_optimizer']
                        ).items()
                        if name.endswith('.first')
                    },
                    exact,
                )
            )
        assert np.median(ours) <= np.median(theirs), (ours, theirs)
        assert max(ours) <= max(theirs), (ours, theirs)

    def gradients_by_pytorch(self, minibatch, dtype):
        """By PyTorch's own batch normalization, the channels last in memory."""

        def normalize(x, network, name, update):
            return torch.nn.functional.batch_norm(
                x,
                None,
                None,
                network[name + '.gamma'],
                network[name + '.beta'],
                training=True,
                eps=twin.EPSILON,
            )

        network = twin.tensors(values(get_all_params(self.generator)), dtype)
        context, centre = (tensor.to(dtype) for tensor in in_torch(minibatch))
        with patch.object(twin, 'normalize', normalize):
            painted = twin.generate(context.to(memory_format=torch.channels_last), network)
        ((painted - centre) ** 2).mean().backward()
        return {
            name: tensor.grad.numpy() for name, tensor in network.items() if tensor.grad is not None
        }


class TestBfloat16(unittest.TestCase):
    """Losses and gradients are near float32's, though they are others."""

    @classmethod
    def setUpClass(cls):
        require_kernels()

    def train(self, which, precision):
        """The losses of a few steps from the same parameters."""
        lasagne.random.set_rng(np.random.RandomState(1))
        with theano.change_flags(floatX='float32'), tiles(which):
            adam = Adam(np.float32(LEARNING_RATE))
            l2 = Reconstruction(build_generator(), adam, backend=Backend('cpu', precision))
            random = np.random.RandomState(5)
            minibatch, _ = smooth_minibatches(random, 'float32', batch=16)
            return [l2.update(minibatch)['train_mse'] for _ in range(4)]

    def check(self, which):
        float32, bfloat16 = self.train(NO_TILES, 'float32'), self.train(which, 'bfloat16')
        np.testing.assert_allclose(bfloat16, float32, rtol=0.02)
        assert bfloat16[0] != float32[0] and bfloat16[-1] < bfloat16[0]

    def test_without_tiles(self):
        self.check(NO_TILES)

    def test_by_tiles(self):
        self.check(EMULATED_TILES)

    def test_float32_by_tiles(self):
        float32, by_tiles = self.train(NO_TILES, 'float32'), self.train(EMULATED_TILES, 'float32')
        np.testing.assert_allclose(by_tiles, float32, rtol=1e-3)
        assert by_tiles != float32


@in_folder
def check_preparation(sources, options, folder):
    """On a device, of raw minibatches, against NumPy's of the same pictures."""
    path = save_pictures(folder)
    by_numpy = training_stream(path, sources=sources, batch_size=8, **options)
    stream = training_stream(path, sources=sources, batch_size=8, place=dict, **options)
    prepare = in_python(compile_preparation, stream)
    for raw, expected in zip(stream.epoch(2, 1), by_numpy.epoch(2, 1), strict=True):
        assert raw['image'].dtype == 'uint8'
        prepared = prepare(raw)
        assert set(prepared) == set(sources)
        for source, array in prepared.items():
            assert array.dtype == expected[source].dtype
            np.testing.assert_allclose(array, expected[source], rtol=1e-7, err_msg=source)


def test_preparation_of_all_sources():
    for holes in ('centre', 'strokes'):
        for flips in (False, True):
            dtype = theano.config.floatX
            check_preparation(ALL, {'holes': holes, 'flips': flips, 'dtype': dtype})


def test_preparation_of_some_sources():
    check_preparation(('context', 'centre'), {'flips': True, 'dtype': 'float64'})
