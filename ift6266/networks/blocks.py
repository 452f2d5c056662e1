"""The two blocks that every table is made of: halve, or double, a feature map."""

from lasagne.layers import ConcatLayer, SliceLayer
from lasagne.nonlinearities import LeakyRectify, rectify

from ift6266.layers import Conv2DLayer, DropoutLayer, TransposedConv2DLayer, batch_norm


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


def leaky_conv_blocks(incoming, filters, *, normalize=batch_norm, **geometry):
    """Blocks ``conv1``, ``conv2``, … with leaky rectifiers (0.2), the first without normalization.

    As DCGAN's critic has them, and the encoders and critics that follow it; ``normalize`` and
    ``geometry`` are those of :func:`conv_block`.
    """
    layer = incoming
    for number, num_filters in enumerate(filters, start=1):
        layer = conv_block(
            layer,
            num_filters,
            nonlinearity=LeakyRectify(0.2),
            normalize=normalize if number > 1 else None,
            name=f'conv{number}',
            **geometry,
        )
    return layer


def transposed_conv_block(
    incoming,
    num_filters,
    *,
    skip=None,
    stride=2,
    crop=1,
    normalize=batch_norm,
    dropout=0,
    name=None,
):
    """4×4 transposed convolution, normalization, ReLU, dropout, then the skip connection.

    By default (batch, channels, n, n) → (batch, num_filters + channels of ``skip``, 2n, 2n); the
    feature maps of ``skip``, where there is one, come after the block's own.  ``dropout`` is the
    share of the block's own numbers that are zero in training, each time others.
    """
    layer = TransposedConv2DLayer(incoming, num_filters, 4, stride, crop=crop, b=None, name=name)
    layer = normalize(layer, name=name)
    if dropout:
        layer = DropoutLayer(layer, dropout, name=name)
    return layer if skip is None else ConcatLayer([layer, skip])


def middle(incoming, side):
    """The middle of square maps: (batch, channels, n, n) → (batch, channels, side, side)."""
    first = (incoming.output_shape[2] - side) // 2
    for axis in (2, 3):
        incoming = SliceLayer(incoming, slice(first, first + side), axis)
    return incoming
