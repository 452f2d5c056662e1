"""A DenseNet to a code and back: each layer sees the maps of all before it in its block."""

from lasagne.layers import ConcatLayer, InputLayer, MaxPool2DLayer, NonlinearityLayer
from lasagne.nonlinearities import rectify, sigmoid

from ift6266.layers import BatchNormLayer, Conv2DLayer, TransposedConv2DLayer
from ift6266.networks.blocks import middle


def build_densenet(context=None, *, first=48, layers=(4, 4, 4), lowest=4, growth=16):
    """The layer graph of Jégou et al. (2017), "The One Hundred Layers Tiramisu", for 64 pixels.

    Dense blocks (Huang et al. 2017): batch normalization, ReLU and a 3×3 convolution of ``growth``
    filters, each of all that its block has so far; transitions down by a 1×1 convolution of as
    many filters as there are maps and max-pooling; transitions up of the block's new maps alone,
    to which the block of the same size on the way down is concatenated.  Departures: the first
    convolution has stride 2, as Huang et al. have it for large pictures, and the last transition up
    undoes it; transitions up are 4×4, for even sizes; there is no dropout.

    Parameters
    ----------
    context : Theano variable, optional
        Photographs with a blank centre, (batch, 3, 64, 64) floatX in [0, 1].
    first : int
        Filters of the first convolution.
    layers : sequence of int
        Of the blocks at 32, 16, … pixels, on the way down and on the way up.
    lowest : int
        Layers of the block between them.
    growth : int
        Filters of each layer.

    Returns
    -------
    Layer
        The painted centres, (batch, 3, 32, 32) in [0, 1].
    """
    layer = InputLayer((None, 3, 64, 64), context, name='context')
    layer = Conv2DLayer(layer, first, 4, 2, pad=1, b=None, nonlinearity=None, name='first')
    skips = []
    for number, depth in enumerate(layers, start=1):
        _, layer = _dense_block(layer, depth, growth, name=f'down{number}')
        skips.append(layer)
        layer = _transition_down(layer, name=f'down{number}.transition')
    new, _ = _dense_block(layer, lowest, growth, name='lowest')
    for number, depth in reversed(list(enumerate(layers, start=1))):
        layer = ConcatLayer([_transition_up(new, name=f'tconv{number}'), skips.pop()])
        new, layer = _dense_block(layer, depth, growth, name=f'up{number}')
    layer = _transition_up(middle(layer, 16), num_filters=new.output_shape[1], name='tconv0')
    return Conv2DLayer(
        _normalized(layer, 'painted'), 3, 3, pad=1, nonlinearity=sigmoid, name='painted'
    )


def _dense_block(layer, depth, growth, *, name):
    """The block's new maps, (batch, depth · growth, n, n), and those with ``layer`` before them."""
    maps = [layer]
    for number in range(1, depth + 1):
        before = maps[0] if len(maps) == 1 else ConcatLayer(maps)
        label = f'{name}.{number}'
        maps.append(
            Conv2DLayer(
                _normalized(before, label),
                growth,
                3,
                pad=1,
                b=None,
                nonlinearity=None,
                name=label,
            )
        )
    return ConcatLayer(maps[1:]), ConcatLayer(maps)


def _transition_down(layer, *, name):
    """(batch, channels, 2n, 2n) → (batch, channels, n, n)."""
    channels = layer.output_shape[1]
    layer = Conv2DLayer(_normalized(layer, name), channels, 1, b=None, nonlinearity=None, name=name)
    return MaxPool2DLayer(layer, 2)


def _transition_up(layer, num_filters=None, *, name):
    """(batch, channels, n, n) → (batch, num_filters or channels, 2n, 2n)."""
    num_filters = num_filters or layer.output_shape[1]
    return TransposedConv2DLayer(
        layer, num_filters, 4, 2, crop=1, b=None, nonlinearity=None, name=name
    )


def _normalized(layer, name):
    """Batch normalization and ReLU, which come before a dense block's convolutions."""
    return NonlinearityLayer(BatchNormLayer(layer, name=name), rectify)
