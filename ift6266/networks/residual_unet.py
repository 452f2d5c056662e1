"""A U-Net of residual blocks that paints the whole picture, perhaps by a caption."""

from lasagne.init import Constant
from lasagne.layers import (
    ConcatLayer,
    DenseLayer,
    ElemwiseSumLayer,
    InputLayer,
    NonlinearityLayer,
    ReshapeLayer,
)
from lasagne.nonlinearities import rectify, sigmoid

from ift6266.layers import BatchNormLayer, Conv2DLayer, TransposedConv2DLayer
from ift6266.networks.blocks import conv_block, transposed_conv_block


def build_residual_unet(context=None, mask=None, *, filters=(32, 64, 96, 128), blocks=2):
    """The layer graph of a U-Net whose levels are residual blocks.

    As the U-Net of Ronneberger, Fischer and Brox (2015) it keeps its maps where they belong in the
    picture; its blocks are those of He et al. (2016), whose last scale begins at zero (Goyal et al.
    2017).  Levels are at 32, 16, 8, … pixels, and one below them; the last two convolutions are at
    64 and see the photograph once more.

    Parameters
    ----------
    context : Theano variable, optional
        Photographs with a blank hole, (batch, 3, 64, 64) floatX in [0, 1].
    mask : Theano variable, optional
        1 in the hole, (batch, 1, 64, 64) floatX.
    filters : sequence of int
        Of the levels.
    blocks : int
        Residual blocks of a level, on the way down and on the way up.

    Returns
    -------
    Layer
        The painted pictures, (batch, 3, 64, 64) in [0, 1].
    """
    return _build(context, mask, filters=filters, blocks=blocks, at_lowest=lambda lowest: lowest)


def build_captioned_residual_unet(
    context=None, mask=None, caption=None, *, filters=(32, 64, 96, 128), blocks=2
):
    """The same, which also takes sentence vectors, (batch, 300) floatX, as ``caption``.

    They join at the lowest level, as in the report's caption generator: a dense layer makes as many
    maps of them as there are.
    """

    def add_caption(lowest):
        sentence = InputLayer((None, 300), caption, name='caption')
        shape = lowest.output_shape[1:]
        maps = DenseLayer(sentence, shape[0] * shape[1] * shape[2], name='sentence')
        return ConcatLayer([lowest, ReshapeLayer(maps, ([0], *shape))])

    return _build(context, mask, filters=filters, blocks=blocks, at_lowest=add_caption)


def _build(context, mask, *, filters, blocks, at_lowest):
    """The way down, ``at_lowest`` applied to the lowest maps, and the way up."""
    photograph = ConcatLayer([
        InputLayer((None, 3, 64, 64), context, name='context'),
        InputLayer((None, 1, 64, 64), mask, name='mask'),
    ])
    layer, skips = conv_block(photograph, filters[0], name='first'), []
    for level, num_filters in enumerate(filters, start=1):
        if skips:
            layer = conv_block(layer, num_filters, name=f'conv{level}')
        layer = _residual_blocks(layer, num_filters, blocks, name=f'down{level}')
        skips.append(layer)
    layer = conv_block(layer, filters[-1], name='conv0')
    layer = at_lowest(_residual_blocks(layer, filters[-1], 1, name='lowest'))
    for level, num_filters in reversed(list(enumerate(filters, start=1))):
        layer = transposed_conv_block(layer, num_filters, skip=skips.pop(), name=f'tconv{level}')
        layer = _residual_blocks(layer, num_filters, blocks, name=f'up{level}')
    layer = TransposedConv2DLayer(layer, filters[0] // 2, 4, 2, crop=1, name='tconv0')
    layer = Conv2DLayer(ConcatLayer([layer, photograph]), filters[0] // 2, 3, pad=1, name='last')
    return Conv2DLayer(layer, 3, 3, pad=1, nonlinearity=sigmoid, name='painted')


def _residual_blocks(layer, num_filters, blocks, *, name):
    """(batch, channels, n, n) → (batch, num_filters, n, n)."""
    for number in range(1, blocks + 1):
        layer = _residual_block(layer, num_filters, name=f'{name}.{number}')
    return layer


def _residual_block(layer, num_filters, *, name):
    """Two 3×3 convolutions, beside which the maps go on, by a 1×1 convolution if they grow."""
    goes_on = layer
    if layer.output_shape[1] != num_filters:
        goes_on = Conv2DLayer(layer, num_filters, 1, b=None, nonlinearity=None, name=f'{name}c')
    change = conv_block(layer, num_filters, filter_size=3, stride=1, name=f'{name}a')
    change = Conv2DLayer(change, num_filters, 3, pad=1, b=None, nonlinearity=None, name=f'{name}b')
    change = BatchNormLayer(change, gamma=Constant(0), name=f'{name}b')
    return NonlinearityLayer(ElemwiseSumLayer([change, goes_on]), rectify)
