"""The report's networks, a plain function for each of its tables."""
from lasagne.layers import InputLayer, get_all_layers

from ift6266.networks.caption_generator import build_caption_generator
from ift6266.networks.critic import build_critic
from ift6266.networks.generator import build_generator

BUILDERS = {'generator': build_generator,
            'critic': build_critic,
            'caption_generator': build_caption_generator}

__all__ = ['BUILDERS', 'build_caption_generator', 'build_critic', 'build_generator',
           'input_vars']


def input_vars(network):
    """The variables of the network's input layers, in the order of the layers."""
    return [layer.input_var for layer in get_all_layers(network) if isinstance(layer, InputLayer)]
