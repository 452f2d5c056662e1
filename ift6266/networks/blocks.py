"""The two blocks that every table is made of: halve, or double, a feature map."""

from lasagne.layers import ConcatLayer
from lasagne.nonlinearities import rectify

from ift6266.layers import Conv2DLayer, TransposedConv2DLayer, batch_norm


def conv_block(
    incoming,
    num_filters,
    *,
    nonlinearity=rectify,
    filter_size=4,
    stride=2,
    pad=1,
    normalize=batch_norm,
    name=None,
):
    """Convolution without bias, normalization, nonlinearity.

    By default 4×4 with stride 2 and pad 1: (batch, channels, 2n, 2n) →
    (batch, num_filters, n, n).  ``normalize`` is one of the functions in
    :mod:`ift6266.layers.normalization`; without it, None, the convolution has biases.
    """
    layer = Conv2DLayer(
        incoming, num_filters, filter_size, stride, pad, nonlinearity=nonlinearity, name=name
    )
    return layer if normalize is None else normalize(layer, name=name)


def transposed_conv_block(incoming, num_filters, *, skip=None, name=None):
    """4×4 transposed convolution, batch normalization, ReLU, then the skip connection.

    (batch, channels, n, n) → (batch, num_filters + channels of ``skip``, 2n, 2n); the
    feature maps of ``skip``, where there is one, come after the block's own.
    """
    layer = batch_norm(
        TransposedConv2DLayer(incoming, num_filters, 4, 2, crop=1, b=None, name=name), name=name
    )
    return layer if skip is None else ConcatLayer([layer, skip])
