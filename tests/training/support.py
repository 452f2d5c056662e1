"""Small stand-ins for the tests of training: networks, data, a loop without Theano."""

import os
from unittest.mock import patch

import h5py
import numpy as np
import theano
from fuel.converters.base import fill_hdf5_file
from lasagne.layers import ConcatLayer, InputLayer, NINLayer
from lasagne.nonlinearities import sigmoid

from ift6266.layers import Conv2DLayer
from ift6266.networks.blocks import conv_block
from ift6266.training.main_loop import MainLoop


def in_python(cls, *arguments, **options):
    """An object whose functions are compiled without C programs."""
    mode = theano.compile.mode.predefined_modes['FAST_COMPILE']
    with patch('theano.compile.mode.instantiated_default_mode', mode):
        return cls(*arguments, **options)


def small_generator():
    """(batch, 3, 64, 64) → (batch, 3, 32, 32), quick to compile."""
    layer = conv_block(InputLayer((None, 3, 64, 64), name='context'), 2, name='conv1')
    return Conv2DLayer(layer, 3, 1, b=None, nonlinearity=sigmoid, name='conv2')


def small_critic():
    """(batch, 3, 32, 32) → (batch, 2, 8, 8)."""
    layer = conv_block(InputLayer((None, 3, 32, 32), name='centre'), 2, name='conv1')
    return Conv2DLayer(layer, 2, 4, 2, 1, b=None, nonlinearity=None, name='conv2')


def masked_generator():
    """It takes the mask and paints the whole picture, pixel by pixel.

    Of pixels c and the mask m beside them it makes the sigmoid of W · (c, m), with W (4, 3).
    """
    return NINLayer(with_mask('context'), 3, b=None, nonlinearity=sigmoid, name='painted')


def picture_critic():
    """Of each pixel of a picture, with the mask beside it, an output: W · (p, m), with W (4, 1)."""
    return NINLayer(with_mask('picture'), 1, b=None, nonlinearity=None, name='score')


def with_mask(source):
    pictures = InputLayer((None, 3, 64, 64), name=source)
    return ConcatLayer([pictures, InputLayer((None, 1, 64, 64), name='mask')])


def save_pictures(folder, train=24, valid=6, seed=0):
    """Path of a data set of smooth random pictures."""
    rng = np.random.RandomState(seed)
    corners = rng.randint(0, 256, (train + valid, 3, 4, 4))
    images = corners.repeat(16, axis=2).repeat(16, axis=3).astype('uint8')
    path = os.path.join(folder, 'smooth.hdf5')
    with h5py.File(path, 'w') as h5file:
        fill_hdf5_file(
            h5file, (('train', 'image', images[:train]), ('valid', 'image', images[train:]))
        )
    return path


class CountingStream:
    """Minibatches that are numbers: 10 · epoch + iteration."""

    batch_size, iterations_per_epoch = 5, 4

    def epoch(self, number, start=0):
        for iteration in range(start, self.iterations_per_epoch):
            yield 10.0 * number + iteration


class SummingAlgorithm:
    """Remembers its minibatches; the loss is the minibatch."""

    def __init__(self):
        self.state, self.seen = {}, []

    def at_epoch(self, epoch):
        return self

    def update(self, minibatch):
        self.seen.append(minibatch)
        return {'loss': minibatch}


def counting_loop(*extensions, epochs=2):
    return MainLoop(
        SummingAlgorithm(), CountingStream(), epochs=epochs, extensions=list(extensions)
    )
