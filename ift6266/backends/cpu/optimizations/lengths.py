"""Lengths of axes, by which a mean is divided."""

import theano.tensor as T
from theano import scalar
from theano.gof import local_optimizer
from theano.tensor.elemwise import Elemwise
from theano.tensor.subtensor import Subtensor


@local_optimizer([Subtensor])
def cast_length(node):
    """A length taken from a cast shape → the cast of a length taken from the shape.

    Theano would make a vector of the lengths that it knows, cast it and take them out again, each
    step by a program that it has to compile.
    """
    cast = node.inputs[0].owner
    if (
        node.outputs[0].ndim == 0
        and cast is not None
        and isinstance(cast.op, Elemwise)
        and isinstance(cast.op.scalar_op, scalar.Cast)
    ):
        return [T.cast(node.op(*cast.inputs, *node.inputs[1:]), node.outputs[0].dtype)]
