"""The timed calls by this project.

Each function takes a form, which is a backend and a precision, and a batch size, and returns a
call without arguments that waits for its result.  Compiled functions are kept for other rows and
batch sizes.
"""

import itertools
from collections import OrderedDict
from functools import cache

import numpy as np

from ift6266.backends import Backend
from ift6266.data.streams import TrainingStream
from ift6266.inpainter import compile_output
from ift6266.networks.caption_generator import build_caption_generator
from ift6266.networks.critic import build_critic
from ift6266.networks.generator import build_generator
from ift6266.training.algorithms import Adversarial, Reconstruction
from ift6266.training.optimizers import Adam

from .flops import gflop
from .minibatches import critic_minibatch, pictures, training_minibatch

__all__ = ['CALLS', 'gflop', 'start']


def start(backend, precision):
    """Raise InputError if the backend cannot run here, or not in this precision."""
    Backend(backend, precision).compile([], [])


def learning_rate():
    """As in training, where it may change between iterations."""
    import theano  # after ift6266, which sets it up

    return theano.shared(np.float32(2e-3))


@cache
def l2(form):
    return Reconstruction(build_generator(), Adam(learning_rate()), backend=Backend(*form))


@cache
def wgan(form, build=build_generator):
    return Adversarial(
        build(),
        build_critic(),
        generator_optimizer=Adam(learning_rate()),
        critic_optimizer=Adam(learning_rate()),
        backend=Backend(*form),
    )


@cache
def inpaint(form):
    return compile_output(build_generator(), Backend(*form))


def critic_step(form, batch):
    return trained(wgan(form).critic_step, critic_minibatch(batch))


def generator_step(form, batch):
    return trained(wgan(form).generator_step, training_minibatch(batch))


def wgan_iteration(form, batch):
    return trained(wgan(form).update, training_minibatch(batch))


def l2_step(form, batch):
    return trained(l2(form).update, training_minibatch(batch))


def trained(update, minibatch):
    """A call that trains on a minibatch, and reads the losses."""
    return lambda: [float(loss) for loss in update(minibatch).values()]


def inference(form, batch):
    function, context = inpaint(form), training_minibatch(batch)['context']
    return lambda: function(context)


def caption_wgan_iteration(form, batch):
    algorithm = wgan(form, build_caption_generator)
    return trained(algorithm.update, training_minibatch(batch, captions=True))


def stream(_, batch):
    """The next minibatch of the training stream, over pictures in memory."""
    from fuel.datasets import IndexableDataset  # after ift6266, which lets it be imported

    dataset = IndexableDataset(OrderedDict(image=pictures(batch)))
    epochs = map(TrainingStream(dataset, batch_size=batch).epoch, itertools.count(1))
    minibatches = itertools.chain.from_iterable(epochs)
    return lambda: next(minibatches)


def matrix_product(_, size):
    """By the BLAS that NumPy has."""
    matrix = np.ones((size, size), 'float32')
    return lambda: matrix @ matrix


CALLS = {
    'critic step': critic_step,
    'generator step': generator_step,
    'wgan iteration': wgan_iteration,
    'l2 step': l2_step,
    'inference': inference,
    'caption wgan iteration': caption_wgan_iteration,
    'stream': stream,
    'matrix product': matrix_product,
}
