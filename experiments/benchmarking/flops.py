"""How much the convolutions of the rows compute, counted on the layer graphs.

A floating-point operation is a multiplication or an addition.  A convolution takes one of
each for every weight at every position of its output, a transposed convolution at every
position of its input; positions at the border count like the others.  Either of its two
gradients, by the filters and by the input, takes as many again.  The gradient by the input
is not counted where a layer reads nothing but the minibatch, whose gradient nobody needs.
Nor is anything but convolutions: normalization, nonlinearities and Adam are a few percent.
"""

from lasagne.layers import InputLayer, Layer, get_all_layers

from ift6266.layers import TransposedConv2DLayer
from ift6266.layers.conv import BaseConv2DLayer
from ift6266.networks.caption_generator import build_caption_generator
from ift6266.networks.critic import build_critic
from ift6266.networks.generator import build_generator

from .shapes import SHAPES

CRITIC_STEPS = 5


def layer_flop(layer: Layer) -> int:
    """Forward, for one picture."""
    transposed = isinstance(layer, TransposedConv2DLayer)
    rows, columns = (layer.input_shape if transposed else layer.output_shape)[2:]
    return 2 * layer.W.get_value(borrow=True).size * rows * columns


def forward(network: Layer) -> int:
    """For one picture through a network."""
    return sum(map(layer_flop, convolutions(network)))


def forward_and_gradients(network: Layer) -> int:
    """The same, and the gradients by all filters."""
    return 3 * forward(network) - sum(
        layer_flop(layer)
        for layer in convolutions(network)
        if isinstance(layer.input_layer, InputLayer)
    )


def convolutions(network: Layer) -> list[BaseConv2DLayer]:
    return [layer for layer in get_all_layers(network) if isinstance(layer, BaseConv2DLayer)]


def critic_step(critic: Layer) -> int:
    """On a photograph and on a painted one."""
    return 2 * forward_and_gradients(critic)


def generator_step(generator: Layer, critic: Layer) -> int:
    """Through the critic as well, and back through it to its input, but not to its filters."""
    return forward_and_gradients(generator) + 2 * forward(critic)


def adversarial_iteration(generator: Layer, critic: Layer, critic_steps: int) -> int:
    """Painting once, the critic's steps, and the generator's."""
    steps = critic_steps * critic_step(critic) + generator_step(generator, critic)
    return forward(generator) + steps


def wgan_iteration(generator: Layer) -> int:
    """With the report's critic."""
    return adversarial_iteration(generator, build_critic(), CRITIC_STEPS)


BY_ROW = {
    'critic step': lambda: critic_step(build_critic()),
    'generator step': lambda: generator_step(build_generator(), build_critic()),
    'wgan iteration': lambda: wgan_iteration(build_generator()),
    'l2 step': lambda: forward_and_gradients(build_generator()),
    'inference': lambda: forward(build_generator()),
    'caption wgan iteration': lambda: wgan_iteration(build_caption_generator()),
}


def gflop(what: str, batch: int) -> float | None:
    """10⁹ operations of a row of the benchmark; None where the row does not count them."""
    if what in SHAPES:
        return SHAPES[what].flop(batch) / 1e9
    return BY_ROW[what]() * batch / 1e9 if what in BY_ROW else None
