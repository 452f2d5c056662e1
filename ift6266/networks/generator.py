"""The generator of the report: an encoder, a decoder, concatenating skip connections."""

from lasagne.layers import InputLayer
from lasagne.nonlinearities import sigmoid

from ift6266.layers import Conv2DLayer, TransposedConv2DLayer, Upscale2DLayer
from ift6266.networks.blocks import conv_block, transposed_conv_block


def build_generator(context=None, filters=(32, 64, 96, 128), size=64):
    """The layer graph of the table "Generator".

    Parameters
    ----------
    context : Theano variable, optional
        Photographs with a blank centre, (batch, 3, size, size) floatX in [0, 1].
    filters : four int
        Of Conv1 to Conv4; the transposed convolutions have those of the maps they double.  The
        report's notebook has (64, 128, 192, 256).
    size : int
        Side of the photographs, a multiple of 16.

    Returns
    -------
    Layer
        The painted centres, (batch, 3, size / 2, size / 2) in [0, 1].

    Notes
    -----
    The report's table prints one filter for the last layer; a colour picture has three.
    """
    maps = _all_but_the_last(context, filters, size)
    return TransposedConv2DLayer(maps, 3, 4, 2, crop=1, b=None, nonlinearity=sigmoid, name='tconv3')


def build_resizing_generator(context=None, filters=(32, 64, 96, 128), size=64):
    """The same with a last layer that cannot paint checkerboards.

    Feature maps are doubled by repeating each pixel and then convolved, 3×3 with stride 1 (Odena,
    Dumoulin and Olah 2016, "Deconvolution and Checkerboard Artifacts"), so that neighbouring
    pixels come of the same filters.  Parameters and result are those of :func:`build_generator`.
    """
    doubled = Upscale2DLayer(_all_but_the_last(context, filters, size), 2)
    return Conv2DLayer(doubled, 3, 3, pad=1, b=None, nonlinearity=sigmoid, name='conv5')


def _all_but_the_last(context, filters, size):
    photograph = InputLayer((None, 3, size, size), context, name='context')
    conv1 = conv_block(photograph, filters[0], name='conv1')
    conv2 = conv_block(conv1, filters[1], name='conv2')
    conv3 = conv_block(conv2, filters[2], name='conv3')
    conv4 = conv_block(conv3, filters[3], name='conv4')
    tconv1 = transposed_conv_block(conv4, filters[2], skip=conv3, name='tconv1')
    return transposed_conv_block(tconv1, filters[1], skip=conv2, name='tconv2')
