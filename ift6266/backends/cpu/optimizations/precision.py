"""In which precision each convolution computes."""

from theano import scalar
from theano.gof import Optimizer
from theano.gof.graph import ancestors
from theano.tensor.elemwise import Elemwise

from ift6266.backends.cpu.operations import (
    Convolution,
    ConvolutionGradInputs,
    ConvolutionGradWeights,
)
from ift6266.backends.cpu.optimizations.patterns import constant

CONVOLUTIONS = Convolution, ConvolutionGradInputs, ConvolutionGradWeights
FILTERS = {Convolution: 1, ConvolutionGradInputs: 0}  # the number of the input


def begins_gradient(node) -> bool:
    """Whether :func:`theano.grad` begins with this node: ones in the shape of a cost."""
    return (
        isinstance(node.op, Elemwise)
        and node.op.scalar_op == scalar.second
        and node.outputs[0].ndim == 0
        and constant(node.inputs[1]) == 1
    )


def makers(variables) -> list:
    """The nodes that compute ``variables``."""
    return [variable.owner for variable in ancestors(variables) if variable.owner]


def is_gradient(node) -> bool:
    """Whether a convolution is part of the gradient of a cost.

    Every node of a gradient depends on the ones that it begins with.  Other convolutions may do so
    as well, those of a network that is applied to a gradient, for instance; but these do not share
    their filters with a convolution of the other direction that computes the cost.
    """

    def filters(node):
        return node.inputs[FILTERS[type(node.op)]]

    costs = [other.inputs[0] for other in makers(node.inputs) if begins_gradient(other)]
    if isinstance(node.op, ConvolutionGradWeights):
        return bool(costs)
    return any(
        type(other.op) in FILTERS
        and type(other.op) is not type(node.op)
        and filters(other) is filters(node)
        for other in makers(costs)
    )


class SetPrecision(Optimizer):
    """Sets the precision of convolutions; where it is float32, gradients leave out the last bits.

    Gradients that another cost depends on keep them.
    """

    def __init__(self, precision):
        self.precision = precision

    def apply(self, fgraph):
        nodes = fgraph.toposort()
        kept = set(makers(node.inputs[0] for node in nodes if begins_gradient(node)))
        for node in nodes:
            if isinstance(node.op, CONVOLUTIONS):
                nearly = self.precision == 'float32' and node not in kept and is_gradient(node)
                op = node.op.with_precision('nearly float32' if nearly else self.precision)
                fgraph.replace_validate(node.outputs[0], op(*node.inputs), reason='SetPrecision')
