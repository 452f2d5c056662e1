"""First weights other than Lasagne's, for networks that are built."""

from lasagne.init import HeNormal, Normal
from lasagne.layers import get_all_params

FILTERS, SCALES = Normal(0.02), Normal(0.02, 1)


def draw_normal(network):
    """Draw filters from N(0, 0.02²) and scales from N(1, 0.02²), as DCGAN does; the network.

    Radford, Metz and Chintala (2016), section 4, and their code for the scales; Context Encoders
    and pix2pix begin in the same way.
    """
    for param in get_all_params(network, trainable=True):
        shape = param.get_value(borrow=True).shape
        if len(shape) == 4:
            param.set_value(FILTERS.sample(shape))
        elif param.name.endswith('.gamma'):
            param.set_value(SCALES.sample(shape))
    return network


def draw_he(network):
    """Draw filters from N(0, 2 / fan-in), for networks of rectifiers (He et al. 2015); the network.

    The U-Net paper, section 3, asks for it.
    """
    for param in get_all_params(network, trainable=True):
        shape = param.get_value(borrow=True).shape
        if len(shape) == 4:
            param.set_value(HeNormal('relu').sample(shape))
    return network
