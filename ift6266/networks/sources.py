"""What a network takes and paints, by the names of the sources that minibatches have.

A network takes what its input layers are named for: ``context``, ``mask``, ``caption``; a critic
also ``centre`` or ``picture``.  A generator whose output is smaller than its context paints the
centre, any other the whole picture.
"""

from lasagne.layers import InputLayer, get_all_layers, get_output_shape


def input_layers(network) -> dict[str, InputLayer]:
    """The input layers of the network by name, in the order of the layers."""
    layers = get_all_layers(network)
    return {layer.name: layer for layer in layers if isinstance(layer, InputLayer)}


def input_vars(network) -> dict:
    """The variables of the input layers by name, in the order of the layers."""
    return {name: layer.input_var for name, layer in input_layers(network).items()}


def target_source(generator) -> str:
    """What the generator learns to paint: ``'centre'`` or ``'picture'``."""
    context = input_layers(generator)['context']
    whole = get_output_shape(generator)[2:] == context.shape[2:]
    return 'picture' if whole else 'centre'


def training_sources(generator, critic=None) -> tuple[str, ...]:
    """What a minibatch must hold to train the generator, with the critic where there is one."""
    target = target_source(generator)
    needed = ['context', *input_layers(generator)]
    if target == 'picture':
        needed.append('mask')
    if critic is not None:
        needed += [name for name in input_layers(critic) if name in ('mask', 'caption')]
    return (*dict.fromkeys(needed), target)
