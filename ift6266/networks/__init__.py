"""The report's networks, a plain function for each of its tables."""

from lasagne.layers import InputLayer, get_all_layers

from ift6266.networks.caption_generator import build_caption_generator, build_captionless_generator
from ift6266.networks.critic import build_critic
from ift6266.networks.generator import build_generator, build_resizing_generator

BUILDERS = {
    'generator': build_generator,
    'resizing_generator': build_resizing_generator,
    'critic': build_critic,
    'caption_generator': build_caption_generator,
    'captionless_generator': build_captionless_generator,
}
GENERATORS = tuple(kind for kind in BUILDERS if kind != 'critic')

__all__ = [
    'BUILDERS',
    'GENERATORS',
    'build_caption_generator',
    'build_captionless_generator',
    'build_critic',
    'build_generator',
    'build_resizing_generator',
    'input_layers',
    'input_vars',
    'takes_caption',
]


def input_layers(network):
    """The layers by which numbers come into the network."""
    return [layer for layer in get_all_layers(network) if isinstance(layer, InputLayer)]


def input_vars(network):
    """The variables of the network's input layers, in the order of the layers."""
    return [layer.input_var for layer in input_layers(network)]


def takes_caption(network):
    """Whether the network has an input for sentence vectors beside the one for pictures."""
    return len(input_vars(network)) > 1
