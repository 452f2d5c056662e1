"""The networks of the papers, small ones, train a few updates, alike by every backend."""

import unittest
from functools import cache

import lasagne
import numpy as np
import theano

from ift6266.backends import Backend
from ift6266.networks import CRITICS, GENERATORS
from ift6266.networks.initialization import draw_normal
from ift6266.objectives.clipping import Unconstrained
from ift6266.objectives.hinge import RELATIVISTIC_HINGE
from ift6266.objectives.logarithmic import LOGARITHMIC
from ift6266.objectives.reconstruction import absolute_error, overlap
from ift6266.objectives.spectral import SpectralNormalization
from ift6266.training.algorithms import Adversarial, Reconstruction
from ift6266.training.optimizers import SGD, Adam
from tests.backends.cpu.support import require_kernels

try:
    import jax
except ImportError:
    jax = None

FOUR = {'filters': (4, 6, 8, 10)}
ADVERSARIAL = {'adversarial': LOGARITHMIC, 'constraint': Unconstrained(), 'critic_steps': 1}


def reconstruction(name, optimizer, **parameters):
    """Builds the algorithm by a backend."""

    def build(backend):
        generator = draw_normal(GENERATORS[name](**parameters))
        return Reconstruction(generator, optimizer(), backend=backend)

    return build


def adversarial(name, critic, parameters, critic_parameters, **options):
    def build(backend):
        return Adversarial(
            draw_normal(GENERATORS[name](**parameters)),
            draw_normal(CRITICS[critic](**critic_parameters)),
            generator_optimizer=Adam(2e-4),
            critic_optimizer=Adam(2e-4),
            backend=backend,
            **{**ADVERSARIAL, **options},
        )

    return build


VARIANTS = {
    'autoencoder': reconstruction('autoencoder', lambda: SGD(0.5), filters=(4, 6, 8), code=10),
    'densenet': reconstruction(
        'densenet', lambda: SGD(0.1, 0.9), first=8, layers=(2,), lowest=2, growth=4
    ),
    'unet': reconstruction('unet', lambda: Adam(5e-4), filters=(4, 6, 8)),
    'context_encoder': adversarial(
        'context_encoder',
        'context_encoder_critic',
        {**FOUR, 'bottleneck': 12},
        FOUR,
        weights=overlap,
        weight=0.001,
    ),
    'dcgan': adversarial('generator', 'dcgan_critic', FOUR, {'filters': (4, 6, 8)}),
    'texture': adversarial(
        'residual_unet',
        'picture_critic',
        {'filters': (4, 6), 'blocks': 1},
        {'filters': (4, 6, 8, 8)},
        adversarial=RELATIVISTIC_HINGE,
        constraint=SpectralNormalization(),
        weight=0.01,
    ),
    'pix2pix': adversarial(
        'pix2pix',
        'patch_critic',
        {'filters': (4, 6, 8, 10, 8, 6)},
        {'filters': (4, 6, 8), 'wide': 10},
        reconstruction=absolute_error,
        weight=0.01,
    ),
}


def minibatches():
    random, mask = np.random.RandomState(1), np.zeros((4, 1, 64, 64))
    mask[..., 16:48, 16:48] = 1
    for _ in range(3):
        coarse = random.uniform(size=(4, 3, 8, 8))
        picture = coarse.repeat(8, axis=2).repeat(8, axis=3)
        arrays = {
            'context': picture * (1 - mask),
            'mask': mask,
            'centre': picture[..., 16:48, 16:48],
            'picture': picture,
        }
        yield {source: array.astype(theano.config.floatX) for source, array in arrays.items()}


@cache
def losses(name, backend):
    """Of three updates, from the same first weights and random numbers."""
    lasagne.random.set_rng(np.random.RandomState(3))
    algorithm = VARIANTS[name](Backend(backend))
    return [
        {loss: float(value) for loss, value in algorithm.update(minibatch).items()}
        for minibatch in minibatches()
    ]


def check_alike(name, backend):
    if backend == 'cpu':
        require_kernels()
    elif jax is None:
        raise unittest.SkipTest('JAX is not installed')
    found, expected = losses(name, backend), losses(name, 'theano')
    for ours, theirs in zip(found, expected):
        assert set(ours) == set(theirs)
        for loss, value in theirs.items():
            assert np.isclose(ours[loss], value, rtol=2e-3, atol=1e-6), (loss, ours, theirs)


def test_every_backend():
    for name in VARIANTS:
        for backend in ('cpu', 'xla'):
            yield check_alike, name, backend
