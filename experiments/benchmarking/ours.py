"""The timed calls by this project.

Each function takes a form, which is a backend and a precision, and a batch size, and returns a
call without arguments, for whose result :func:`wait` waits.  Compiled functions are kept for other
rows and batch sizes.
"""

import itertools
from collections import OrderedDict
from functools import cache, partial

import numpy as np

from ift6266.backends import Backend
from ift6266.data.streams import TrainingStream
from ift6266.errors import InputError
from ift6266.inpainter import compile_output
from ift6266.layers import Conv2DLayer, TransposedConv2DLayer
from ift6266.networks.caption_generator import build_caption_generator
from ift6266.networks.critic import build_critic
from ift6266.networks.generator import build_generator
from ift6266.training.algorithms import Adversarial, Prepared, Reconstruction
from ift6266.training.optimizers import Adam

from .environment import DEVICE
from .flops import gflop
from .minibatches import critic_minibatch, pictures, training_minibatch
from .shapes import SHAPES

__all__ = ['CALLS', 'gflop', 'peak_memory', 'start', 'wait']


def start(backend, precision):
    """Raise InputError if the backend cannot run here, or not in this precision."""
    Backend(backend, precision).compile([], [])
    if DEVICE == 'cuda':
        import jax

        if jax.default_backend() != 'gpu':
            raise InputError(f'JAX sees no GPU here, but {jax.default_backend()}: run make gpu')


def wait(result):
    """Wait until a device has computed the result."""
    for array in result.values() if isinstance(result, dict) else [result]:
        np.asarray(array)


def peak_memory():
    """The most memory of the GPU that was in use, in MB; None on a processor."""
    if DEVICE == 'cpu':
        return None
    import jax

    return jax.local_devices()[0].memory_stats()['peak_bytes_in_use'] / 1e6


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
    step, minibatch = wgan(form).critic_step, critic_minibatch(batch)
    return lambda: step(minibatch)


def generator_step(form, batch):
    step, minibatch = wgan(form).generator_step, training_minibatch(batch)
    return lambda: step(minibatch)


def wgan_iteration(form, batch):
    return training(form, wgan(form), batch)


def l2_step(form, batch):
    return training(form, l2(form), batch)


def training(form, algorithm, batch, *, captions=False):
    """A call that trains on a minibatch; on a GPU as runs do, many times, on pictures as bytes."""
    minibatch = training_minibatch(batch, captions)
    if DEVICE == 'cpu':
        return lambda: algorithm.update(minibatch)
    backend, stream = Backend(*form), picture_stream(batch, place=dict)
    raw = {**minibatch, 'image': pictures(batch)[:batch]}
    del raw['context'], raw['centre']
    update = Prepared(algorithm, stream, backend=backend).at_epoch(1).update
    minibatches = backend.steps_per_call * [raw]

    def call():
        return update.each(minibatches, {})

    call.iterations = len(minibatches)
    return call


def inference(form, batch):
    function, context = inpaint(form), training_minibatch(batch)['context']
    return lambda: function(context)


def caption_wgan_iteration(form, batch):
    return training(form, wgan(form, build_caption_generator), batch, captions=True)


def picture_stream(batch, **options):
    """A training stream over pictures in memory."""
    from fuel.datasets import IndexableDataset  # after ift6266, which lets it be imported

    dataset = IndexableDataset(OrderedDict(image=pictures(batch)))
    return TrainingStream(dataset, batch_size=batch, **options)


def stream(_, batch):
    """The next minibatch of the training stream."""
    epochs = map(picture_stream(batch).epoch, itertools.count(1))
    minibatches = itertools.chain.from_iterable(epochs)
    return lambda: next(minibatches)


def convolution(shape, form, batch):
    """A layer and its two gradients, of filters that change as in training."""
    import lasagne  # after ift6266, which lets it be imported
    import theano

    maps, filters, gradient = shape.arrays(batch)
    inputs = [theano.tensor.ftensor4() for _ in range(2)]
    layer = (TransposedConv2DLayer if shape.transposed else Conv2DLayer)(
        lasagne.layers.InputLayer((None, shape.inputs, shape.size, shape.size), inputs[0]),
        shape.outputs,
        shape.taps,
        shape.stride,
        shape.pad,
        W=filters,
        b=None,
        nonlinearity=None,
    )
    result = lasagne.layers.get_output(layer)
    gradients = theano.grad(None, [inputs[0], layer.W], known_grads={result: inputs[1]})
    step = Backend(*form).compile(inputs, [result, *gradients], shape.name)
    number = layer.W.get_value(borrow=True)[0, 0, 0, :1]

    def call():
        number[...] += 1e-6
        return dict(zip(('result', 'by_maps', 'by_filters'), step(maps, gradient)))

    return call


def matrix_product(_, size):
    """By the BLAS that NumPy has, or by XLA on a GPU."""
    matrix = np.ones((size, size), 'float32')
    if DEVICE == 'cpu':
        return lambda: matrix @ matrix
    import jax

    on_device = jax.device_put(matrix)
    return lambda: on_device @ on_device


CALLS = {
    'critic step': critic_step,
    'generator step': generator_step,
    'wgan iteration': wgan_iteration,
    'l2 step': l2_step,
    'inference': inference,
    'caption wgan iteration': caption_wgan_iteration,
    'stream': stream,
    'matrix product': matrix_product,
    **{name: partial(convolution, shape) for name, shape in SHAPES.items()},
}
