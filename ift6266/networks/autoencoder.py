"""A convolutional autoencoder: to a code and back, without skip connections."""

from lasagne.layers import InputLayer, MaxPool2DLayer
from lasagne.nonlinearities import sigmoid, tanh

from ift6266.layers import Conv2DLayer, TransposedConv2DLayer, Upscale2DLayer


def build_autoencoder(context=None, filters=(100, 150, 200), code=300):
    """The layer graph of Masci et al. (2011), "Stacked Convolutional Auto-Encoders".

    Three convolutions, 5×5, 5×5 and 3×3, each followed by tanh and max-pooling over 2×2, and a
    dense layer, as their network for CIFAR (section 3.2); and the same back to the centre.
    Departures: tanh is not scaled; filters of the decoder are its own, not the encoder's turned;
    maps grow by repeating pixels; and all layers learn at once, not one after the other.

    Parameters
    ----------
    context : Theano variable, optional
        Photographs with a blank centre, (batch, 3, 64, 64) floatX in [0, 1].
    filters : three int
        Of the encoder's convolutions; the decoder has them in reverse.
    code : int
        Numbers between encoder and decoder.

    Returns
    -------
    Layer
        The painted centres, (batch, 3, 32, 32) in [0, 1].
    """
    layer = InputLayer((None, 3, 64, 64), context, name='context')
    for number, (num_filters, side) in enumerate(zip(filters, (5, 5, 3)), start=1):
        layer = Conv2DLayer(
            layer, num_filters, side, pad=side // 2, nonlinearity=tanh, name=f'conv{number}'
        )
        layer = MaxPool2DLayer(layer, 2)
    layer = Conv2DLayer(layer, code, 8, nonlinearity=tanh, name='code')
    layer = TransposedConv2DLayer(layer, filters[2], 4, nonlinearity=tanh, name='tconv1')
    for number, (num_filters, side) in enumerate(zip(filters[1::-1], (3, 5)), start=4):
        layer = Conv2DLayer(
            Upscale2DLayer(layer, 2),
            num_filters,
            side,
            pad=side // 2,
            nonlinearity=tanh,
            name=f'conv{number}',
        )
    return Conv2DLayer(Upscale2DLayer(layer, 2), 3, 5, pad=2, nonlinearity=sigmoid, name='conv6')
