"""The critic of DCGAN, for centres."""

from lasagne.layers import InputLayer

from ift6266.layers import Conv2DLayer
from ift6266.networks.blocks import leaky_conv_blocks


def build_dcgan_critic(centre=None, filters=(128, 256, 512)):
    """The discriminator of Radford, Metz and Chintala (2016), which mirrors their generator.

    5×5 convolutions of stride 2 with 128, 256, 512 and 1024 filters for pictures of 64 pixels; the
    last is left out for 32.  Batch normalization in all but the first, leaky rectifiers (0.2),
    and one output of all that is left, 4×4.

    Parameters
    ----------
    centre : Theano variable, optional
        (batch, 3, 32, 32) floatX in [0, 1].
    filters : three int

    Returns
    -------
    Layer
        (batch, 1, 1, 1), the logarithm of the odds that a centre is a photograph's.
    """
    layer = InputLayer((None, 3, 32, 32), centre, name='centre')
    layer = leaky_conv_blocks(layer, filters, filter_size=5, pad=2)
    return Conv2DLayer(layer, 1, 4, nonlinearity=None, name='conv4')
