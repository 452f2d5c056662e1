"""The U-Net, which keeps its maps where they belong in the picture."""

from lasagne.layers import ConcatLayer, InputLayer, MaxPool2DLayer
from lasagne.nonlinearities import sigmoid

from ift6266.layers import Conv2DLayer, TransposedConv2DLayer
from ift6266.networks.blocks import middle


def build_unet(context=None, filters=(32, 64, 128, 256, 512)):
    """The layer graph of Ronneberger, Fischer and Brox (2015), figure 1, cut to the centre.

    Two 3×3 convolutions and ReLU a level; max-pooling over 2×2 down, 2×2 transposed convolutions
    up, and the level's maps concatenated.  Departures: half of the paper's filters; convolutions
    are padded, except for the last two, which use up the two pixels around the centre that they
    are given; no dropout.

    Parameters
    ----------
    context : Theano variable, optional
        Photographs with a blank centre, (batch, 3, 64, 64) floatX in [0, 1].
    filters : sequence of int
        Of the levels, at 64, 32, 16, … pixels.

    Returns
    -------
    Layer
        The painted centres, (batch, 3, 32, 32) in [0, 1].
    """
    layer, skips = InputLayer((None, 3, 64, 64), context, name='context'), []
    for level, num_filters in enumerate(filters, start=1):
        if skips:
            layer = MaxPool2DLayer(layer, 2)
        layer = _two_convolutions(layer, num_filters, name=f'down{level}')
        skips.append(layer)
    skips.pop()
    for level, num_filters in reversed(list(enumerate(filters[:-1], start=1))):
        layer = TransposedConv2DLayer(
            layer, num_filters, 2, 2, nonlinearity=None, name=f'tconv{level}'
        )
        layer, pad = ConcatLayer([skips.pop(), layer]), 1
        if level == 1:
            layer, pad = middle(layer, 32 + 4), 0
        layer = _two_convolutions(layer, num_filters, pad, name=f'up{level}')
    return Conv2DLayer(layer, 3, 1, nonlinearity=sigmoid, name='painted')


def _two_convolutions(layer, num_filters, pad=1, *, name):
    for number in (1, 2):
        layer = Conv2DLayer(layer, num_filters, 3, pad=pad, name=f'{name}.{number}')
    return layer
