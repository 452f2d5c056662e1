"""Context Encoders: an encoder, a narrow bottleneck, a decoder; and their critic."""

from lasagne.layers import InputLayer
from lasagne.nonlinearities import LeakyRectify, sigmoid

from ift6266.layers import Conv2DLayer, FillLayer, TransposedConv2DLayer
from ift6266.networks.blocks import conv_block, leaky_conv_blocks, transposed_conv_block

MEAN_COLOUR = (123 / 255, 117 / 255, 104 / 255)  # of ImageNet, as in the paper's code


def build_context_encoder(context=None, mask=None, *, filters=(64, 128, 256, 512), bottleneck=4000):
    """The generator of Pathak et al. (2016), "Context Encoders: Feature Learning by Inpainting".

    As their code has it for pictures of 128 pixels, less one of the two first layers with 64
    filters.  Departures: it ends in a sigmoid, for pixels are in [0, 1], not in tanh; and it
    paints the whole picture, as theirs for holes anywhere does, because the loss looks at some
    pixels around the hole as well.

    Parameters
    ----------
    context : Theano variable, optional
        Photographs with a blank hole, (batch, 3, 64, 64) floatX in [0, 1].
    mask : Theano variable, optional
        1 in the hole, (batch, 1, 64, 64) floatX; the network sees the mean colour there.
    filters : four int
        Of Conv1 to Conv4; TConv2 to TConv5 have them in reverse, and TConv1 those of Conv4.
    bottleneck : int
        Feature maps of one pixel between encoder and decoder.

    Returns
    -------
    Layer
        The painted pictures, (batch, 3, 64, 64) in [0, 1].
    """
    photograph = InputLayer((None, 3, 64, 64), context, name='context')
    hole = InputLayer((None, 1, 64, 64), mask, name='mask')
    layer = leaky_conv_blocks(FillLayer([photograph, hole], MEAN_COLOUR), filters)
    layer = conv_block(
        layer,
        bottleneck,
        filter_size=4,
        stride=1,
        pad=0,
        nonlinearity=LeakyRectify(0.2),
        name='bottleneck',
    )
    layer = transposed_conv_block(layer, filters[-1], stride=1, crop=0, name='tconv1')
    for number, num_filters in enumerate(filters[-2::-1], start=2):
        layer = transposed_conv_block(layer, num_filters, name=f'tconv{number}')
    return TransposedConv2DLayer(
        layer, 3, 4, 2, crop=1, b=None, nonlinearity=sigmoid, name='tconv5'
    )


def build_context_encoder_critic(centre=None, filters=(64, 128, 256, 512)):
    """Their critic, of the centre: one output.

    Parameters
    ----------
    centre : Theano variable, optional
        (batch, 3, 32, 32) floatX in [0, 1].
    filters : four int
        Of Conv1 to Conv4.

    Returns
    -------
    Layer
        (batch, 1, 1, 1), the logarithm of the odds that a centre is a photograph's.
    """
    layer = leaky_conv_blocks(InputLayer((None, 3, 32, 32), centre, name='centre'), filters)
    return Conv2DLayer(layer, 1, 4, 2, 1, b=None, nonlinearity=None, name='conv5')
