"""A critic of patches of the whole picture, with the painted hole in it."""

from lasagne.layers import ConcatLayer, InputLayer

from ift6266.layers import BlurLayer, Conv2DLayer
from ift6266.networks.blocks import leaky_conv_blocks


def build_picture_critic(picture=None, mask=None, *, filters=(48, 96, 192, 192), blur=0):
    """4×4 convolutions of stride 2 and leaky rectifiers (0.2), and a score for each place.

    It sees where the hole was, so that it can judge whether what is painted continues what is
    around it.  Nothing is normalized over the minibatch: its filters are meant to be bounded, by
    spectral normalization say.  As the critic of patches of Isola et al. (2017) and of SN-PatchGAN
    (Yu et al. 2019).

    Parameters
    ----------
    picture : Theano variable, optional
        (batch, 3, 64, 64) floatX in [0, 1].
    mask : Theano variable, optional
        1 in the hole, (batch, 1, 64, 64) floatX.
    filters : four int
    blur : int
        How many pixels the binomial filter reaches that blurs the picture before the critic sees
        it: 0 for none.  Of a blurred picture it asks less fine detail.

    Returns
    -------
    Layer
        (batch, 1, 4, 4), a score for each place.
    """
    seen = InputLayer((None, 3, 64, 64), picture, name='picture')
    if blur:
        seen = BlurLayer(seen, blur, name='blur')
    layer = ConcatLayer([seen, InputLayer((None, 1, 64, 64), mask, name='mask')])
    layer = leaky_conv_blocks(layer, filters, normalize=None)
    return Conv2DLayer(layer, 1, 1, nonlinearity=None, name='score')
