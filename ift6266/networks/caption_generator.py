"""The generator of the report's third system, which also takes captions."""

from lasagne.layers import ConcatLayer, InputLayer, ReshapeLayer
from lasagne.nonlinearities import sigmoid

from ift6266.layers import TransposedConv2DLayer
from ift6266.networks.blocks import conv_block, transposed_conv_block

FILTERS = (32, 64, 96, 128, 256, 256)


def build_caption_generator(context=None, caption=None, filters=FILTERS):
    """The layer graph of the table "Caption generator".

    Parameters
    ----------
    context : Theano variable, optional
        Photographs with a blank centre, (batch, 3, 64, 64) floatX in [0, 1].
    caption : Theano variable, optional
        Sentence vectors, (batch, 300) floatX; they join at the 1×1 bottleneck.
    filters : six int
        Of Conv1 to Conv6; TConv1 to TConv4 have those of Conv4 to Conv1.

    Returns
    -------
    Layer
        The painted centres, (batch, 3, 32, 32) in [0, 1].
    """

    def add_caption(bottleneck):
        sentence = InputLayer((None, 300), caption, name='caption')
        return ConcatLayer([bottleneck, ReshapeLayer(sentence, ([0], [1], 1, 1))])

    return _hourglass(context, filters, add_caption)


def build_captionless_generator(context=None, filters=FILTERS):
    """The same without the sentence vector: what the captions are worth is the difference.

    Parameters and result are those of :func:`build_caption_generator`.
    """
    return _hourglass(context, filters, lambda bottleneck: bottleneck)


def _hourglass(context, filters, at_bottleneck):
    """Encoder, ``at_bottleneck`` applied to its feature maps of one pixel, decoder."""
    photograph = InputLayer((None, 3, 64, 64), context, name='context')
    conv1 = conv_block(photograph, filters[0], name='conv1')
    conv2 = conv_block(conv1, filters[1], name='conv2')
    conv3 = conv_block(conv2, filters[2], name='conv3')
    conv4 = conv_block(conv3, filters[3], name='conv4')
    conv5 = conv_block(conv4, filters[4], name='conv5')
    conv6 = conv_block(conv5, filters[5], filter_size=2, stride=1, pad=0, name='conv6')
    tconv1 = transposed_conv_block(at_bottleneck(conv6), filters[3], skip=conv5, name='tconv1')
    tconv2 = transposed_conv_block(tconv1, filters[2], skip=conv4, name='tconv2')
    tconv3 = transposed_conv_block(tconv2, filters[1], skip=conv3, name='tconv3')
    tconv4 = transposed_conv_block(tconv3, filters[0], skip=conv2, name='tconv4')
    return TransposedConv2DLayer(
        tconv4, 3, 4, 2, crop=1, b=None, nonlinearity=sigmoid, name='tconv5'
    )
