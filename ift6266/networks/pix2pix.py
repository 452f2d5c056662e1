"""The generator of pix2pix, a U-Net down to one pixel, and its critic of patches."""

from lasagne.layers import ConcatLayer, InputLayer
from lasagne.nonlinearities import LeakyRectify, sigmoid

from ift6266.layers import Conv2DLayer, TransposedConv2DLayer, batch_norm, instance_norm
from ift6266.networks.blocks import conv_block, leaky_conv_blocks, transposed_conv_block

NORMALIZATIONS = {'batch': batch_norm, 'instance': instance_norm}


def build_pix2pix(context=None, filters=(64, 128, 256, 512, 512, 512), normalization='batch'):
    """The generator of Isola et al. (2017), section 6.1.1, with two levels less for 64 pixels.

    4×4 convolutions of stride 2 down to one pixel and back; leaky rectifiers (0.2) down, ReLU
    up; each level's maps are concatenated to those of the same size on the way up.  The first and
    the last convolution down are not normalized, as in the authors' code: what is normalized over
    one pixel of one picture is zero.  Half of the numbers in the three lowest levels up are
    dropped in training.  Departures: it ends in a sigmoid, for pixels are in [0, 1], not in tanh;
    and in painting nothing is dropped, so that a picture is painted in the same way each time.

    Parameters
    ----------
    context : Theano variable, optional
        Photographs with a blank hole, (batch, 3, 64, 64) floatX in [0, 1].
    filters : six int
        Of the convolutions down; those up have the same in reverse.
    normalization : 'batch' or 'instance'
        Batch normalization over one picture, as the paper has it, is instance normalization.

    Returns
    -------
    Layer
        The painted pictures, (batch, 3, 64, 64) in [0, 1].
    """
    normalize = NORMALIZATIONS[normalization]
    levels, last = [InputLayer((None, 3, 64, 64), context, name='context')], len(filters)
    for number, num_filters in enumerate(filters, start=1):
        levels.append(
            conv_block(
                levels[-1],
                num_filters,
                nonlinearity=LeakyRectify(0.2),
                normalize=None if number in (1, last) else normalize,
                name=f'conv{number}',
            )
        )
    layer = levels.pop()
    for number, (num_filters, skip) in enumerate(zip(filters[-2::-1], levels[:0:-1]), start=1):
        layer = transposed_conv_block(
            layer,
            num_filters,
            skip=skip,
            normalize=normalize,
            dropout=0.5 if number <= 3 else 0,
            name=f'tconv{number}',
        )
    return TransposedConv2DLayer(layer, 3, 4, 2, crop=1, nonlinearity=sigmoid, name=f'tconv{last}')


def build_patch_critic(context=None, picture=None, *, filters=(64, 128, 256), wide=512):
    """The critic of Isola et al. (2017), section 6.1.2, for pictures of 64 pixels.

    It sees what is known beside the painted picture, and scores patches: each output sees 70×70
    pixels, so here the whole picture, from one place of it.

    Parameters
    ----------
    context, picture : Theano variables, optional
        (batch, 3, 64, 64) floatX in [0, 1]: the photograph with a blank hole, and painted.
    filters : three int
        Of 4×4 convolutions with stride 2; the first is not normalized.
    wide : int
        Filters of the one with stride 1 that follows.

    Returns
    -------
    Layer
        (batch, 1, 6, 6), logarithms of the odds that a patch is a photograph's.
    """
    layer = ConcatLayer([
        InputLayer((None, 3, 64, 64), context, name='context'),
        InputLayer((None, 3, 64, 64), picture, name='picture'),
    ])
    layer = leaky_conv_blocks(layer, filters)
    layer = conv_block(layer, wide, stride=1, nonlinearity=LeakyRectify(0.2), name='conv4')
    return Conv2DLayer(layer, 1, 4, pad=1, nonlinearity=None, name='conv5')
