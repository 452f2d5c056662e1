"""Patterns in a graph: what a variable is made of, and rearrangements of the axes of maps."""

import theano.tensor as T
from theano import scalar
from theano.compile.ops import Shape
from theano.tensor.basic import Alloc, NotScalarConstantError, get_scalar_constant_value
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.opt import MakeVector
from theano.tensor.subtensor import Subtensor, get_idx_list

from ift6266.backends.cpu.operations import ChannelsLast

CHANNELS_LAST, CHANNELS_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
PER_CHANNEL = ('x', 0, 'x', 'x')


def is_maps(variable) -> bool:
    """Whether it has the type of feature maps, four axes of float32."""
    return (
        isinstance(variable.type, T.TensorType)
        and variable.ndim == 4
        and variable.dtype == 'float32'
    )


def arguments(variable, *operations) -> list | None:
    """The arguments of the elementwise operation that made ``variable``.

    None where it was made by none of the scalar ``operations``.
    """
    node = variable.owner
    if node is not None and isinstance(node.op, Elemwise) and node.op.scalar_op in operations:
        return node.inputs


def pairs(variable, operation) -> list:
    """The two arguments of the scalar ``operation`` that made ``variable``, in both orders.

    Empty where it was made by something else.
    """
    found = arguments(variable, operation)
    return [found, found[::-1]] if found is not None and len(found) == 2 else []


def constant(variable) -> float | None:
    """The number that all elements of ``variable`` are, or None."""
    try:
        return float(get_scalar_constant_value(variable, elemwise=True))
    except NotScalarConstantError:
        return None


def constants(variable) -> tuple | None:
    """The integers of a constant vector; None for another variable."""
    try:
        values = [get_scalar_constant_value(variable[i]) for i in range(2)]
    except NotScalarConstantError:
        return None
    return tuple(map(int, values))


def scaled(variable) -> tuple:
    """(v, c) where ``variable`` is ``v * c`` with a constant c; else (None, None)."""
    for factor, other in pairs(variable, scalar.mul):
        if constant(factor) is not None:
            return other, constant(factor)
    return None, None


def vector_of(variable) -> list | None:
    """The scalars that a vector is made of, or None."""
    node = variable.owner
    return node.inputs if node is not None and isinstance(node.op, MakeVector) else None


def is_length(variable, array, axis) -> bool:
    """Whether it is the length of an axis of ``array``, taken from its shape."""
    node = variable.owner
    if node is None or not isinstance(node.op, Subtensor):
        return False
    shape = node.inputs[0].owner
    return (
        shape is not None
        and isinstance(shape.op, Shape)
        and shape.inputs[0] is array
        and variable.ndim == 0
        and constant(get_idx_list(node.inputs, node.op.idx_list)[0]) == axis
    )


def repetition(variable) -> tuple | None:
    """(maps, axis, times) where it is maps and, after one of their last two axes, copies of them.

    Theano's repeat begins so: with ``alloc`` of the maps' own lengths and the number of copies.
    """
    node = variable.owner
    if node is None or not isinstance(node.op, Alloc):
        return
    value, *lengths = node.inputs
    for axis in (2, 3):
        order = [0, 1, 2, 3]
        order.insert(axis + 1, 'x')
        maps = rearranged(value, tuple(order))
        if maps is not None and is_maps(maps):
            times = constant(lengths.pop(axis + 1))
            if times and all(is_length(length, maps, i) for i, length in enumerate(lengths)):
                return maps, axis, int(times)


def rearranged(variable, order):
    """What ``variable`` is a rearrangement of, by a :class:`DimShuffle` of ``order``; or None."""
    node = variable.owner
    if node is not None and isinstance(node.op, DimShuffle) and node.op.new_order == order:
        return node.inputs[0]


def channels_last(variable):
    """The feature maps in the order of the kernels; cancels :func:`channels_first`."""
    maps = rearranged(variable, CHANNELS_FIRST)
    return ChannelsLast()(variable) if maps is None else maps


def channels_first(maps):
    return maps.dimshuffle(CHANNELS_FIRST)


def is_rearranged(variable) -> bool:
    """Whether it is feature maps of the kernels, rearranged as Theano has them."""
    return is_maps(variable) and rearranged(variable, CHANNELS_FIRST) is not None


def vector(variable):
    """A (1, channels, 1, 1) variable as one of (channels,)."""
    found = rearranged(variable, PER_CHANNEL)
    return variable.dimshuffle(1) if found is None else found


def with_types_of(node, results) -> list:
    """``results``, broadcastable along the same axes as the outputs of ``node``."""
    return [
        result if result.type == output.type else T.patternbroadcast(result, output.broadcastable)
        for output, result in zip(node.outputs, results)
    ]
