"""Shapes, rearrangements, and parts of arrays: read, written and added to.

Lengths and positions of slices are known when a graph is compiled, since they follow from
constants and shapes; indices need not be.  JAX does not look whether an index lies outside of an
array: it reads the nearest number, and writes nothing.
"""

import jax.numpy as jnp
import numpy as np
from theano.compile.ops import DeepCopyOp, Rebroadcast, Shape, Shape_i, SpecifyShape, ViewOp
from theano.gradient import GradClip, GradScale
from theano.tensor.basic import (
    Alloc,
    AllocDiag,
    AllocEmpty,
    ARange,
    ExtractDiag,
    Eye,
    Flatten,
    Join,
    PermuteRowElements,
    Reshape,
    ScalarFromTensor,
    Split,
    TensorFromScalar,
    Tile,
    Tri,
)
from theano.tensor.elemwise import DimShuffle
from theano.tensor.extra_ops import CpuContiguous, FillDiagonal, RepeatOp
from theano.tensor.opt import Assert, MakeVector
from theano.tensor.subtensor import (
    AdvancedIncSubtensor,
    AdvancedIncSubtensor1,
    AdvancedSubtensor,
    AdvancedSubtensor1,
    IncSubtensor,
    Subtensor,
    get_idx_list,
)
from theano.tensor.type_other import MakeSlice

from ift6266.backends.xla.registry import known, lengths, translate

# Shapes


@translate.register(Shape)
def _(op, node):
    return lambda array: np.array(np.shape(array), 'int64')


@translate.register(Shape_i)
def _(op, node):
    return lambda array: np.array(np.shape(array)[op.i], 'int64')


@translate.register(SpecifyShape)
def _(op, node):
    def check(array, shape):
        if np.shape(array) != lengths(shape):
            raise AssertionError(f'the shape is {np.shape(array)}, not {lengths(shape)}')
        return array

    return check


@translate.register(MakeVector)
def _(op, node):
    return lambda *numbers: jnp.stack([jnp.asarray(number, op.dtype) for number in numbers])


@translate.register(Reshape)
def _(op, node):
    return lambda array, shape: jnp.reshape(array, lengths(shape))


@translate.register(Flatten)
def _(op, node):
    return lambda array: jnp.reshape(array, (*np.shape(array)[: op.outdim - 1], -1))


@translate.register(DimShuffle)
def _(op, node):
    new = [axis for axis, source in enumerate(op.new_order) if source == 'x']
    kept = len(op.shuffle)

    def rearrange(array):
        array = jnp.transpose(array, (*op.shuffle, *op.drop))
        return jnp.expand_dims(jnp.squeeze(array, tuple(range(kept, array.ndim))), tuple(new))

    return rearrange


# The same numbers


def first(array, *others):
    return array


for same in (
    Rebroadcast,
    ViewOp,
    DeepCopyOp,
    CpuContiguous,
    GradClip,
    GradScale,
    ScalarFromTensor,
    TensorFromScalar,
):
    translate.register(same)(lambda op, node: first)


@translate.register(Assert)
def _(op, node):
    """What is known is checked; other conditions would stop a device in the midst of its work."""

    def check(value, *conditions):
        for condition in conditions:
            if isinstance(condition, (np.ndarray, np.generic)) and not np.all(condition):
                raise AssertionError(op.msg)
        return value

    return check


# New arrays


@translate.register(Alloc)
def _(op, node):
    return lambda value, *shape: jnp.broadcast_to(value, lengths(shape))


@translate.register(AllocEmpty)
def _(op, node):
    return lambda *shape: jnp.zeros(lengths(shape), op.dtype)


@translate.register(ARange)
def _(op, node):
    return lambda *limits: jnp.arange(
        *[known(limit, 'a limit of arange') for limit in limits], dtype=op.dtype
    )


@translate.register(Eye)
def _(op, node):
    return lambda *numbers: jnp.eye(*lengths(numbers), dtype=op.dtype)


@translate.register(Tri)
def _(op, node):
    return lambda *numbers: jnp.tri(*lengths(numbers), dtype=op.dtype)


# Arrays put together and taken apart


@translate.register(Join)
def _(op, node):
    return lambda axis, *arrays: jnp.concatenate(
        [jnp.asarray(array, node.outputs[0].dtype) for array in arrays], int(known(axis, 'an axis'))
    )


@translate.register(Split)
def _(op, node):
    return lambda array, axis, sizes: tuple(
        jnp.split(array, np.cumsum(lengths(sizes))[:-1], int(known(axis, 'an axis')))
    )


@translate.register(Tile)
def _(op, node):
    return lambda array, repeats: jnp.tile(array, lengths(repeats))


@translate.register(RepeatOp)
def _(op, node):
    return lambda array, repeats: jnp.repeat(
        array, known(repeats, 'the number of repeats'), op.axis
    )


@translate.register(ExtractDiag)
def _(op, node):
    return lambda array: jnp.diagonal(array, op.offset, op.axis1, op.axis2)


@translate.register(AllocDiag)
def _(op, node):
    def diagonal(array):
        length = array.shape[-1] + abs(op.offset)
        places = np.arange(array.shape[-1])
        square = (
            jnp
            .zeros((*array.shape[:-1], length, length), array.dtype)
            .at[..., places + max(0, -op.offset), places + max(0, op.offset)]
            .set(array)
        )
        return jnp.moveaxis(square, (-2, -1), (op.axis1, op.axis2))

    return diagonal


@translate.register(FillDiagonal)
def _(op, node):
    return lambda array, value: jnp.fill_diagonal(array, value, inplace=False)


@translate.register(PermuteRowElements)
def _(op, node):
    def permute(rows, order, inverse):
        if known(inverse, 'whether to invert a permutation'):
            order = jnp.argsort(order, -1)
        rows, order = jnp.broadcast_arrays(rows, order)
        return jnp.take_along_axis(rows, order, -1)

    return permute


# Parts by slices and by indices


@translate.register(MakeSlice)
def _(op, node):
    return lambda *limits: slice(*limits)


def index(part):
    """A slice with limits of Python's, or an index as it is."""
    if not isinstance(part, slice):
        return part
    return slice(*[
        None if limit is None else int(known(limit, 'a limit of a slice'))
        for limit in (part.start, part.stop, part.step)
    ])


def indices(op, values):
    """What stands in the brackets of :class:`Subtensor` and of :class:`IncSubtensor`."""
    return tuple(map(index, get_idx_list((None, *values), op.idx_list)))


@translate.register(Subtensor)
def _(op, node):
    return lambda array, *values: jnp.asarray(array)[indices(op, values)]


@translate.register(IncSubtensor)
def _(op, node):
    return lambda array, part, *values: changed(
        array, indices(op, values), part, op.set_instead_of_inc
    )


def changed(array, places, part, overwrite):
    """A copy of ``array`` with ``part`` put or added into some places.

    Where these are all of it XLA's own rewritings do not hold: it aborts if that is then reversed.
    """
    array = jnp.asarray(array)
    part = jnp.asarray(part, array.dtype)  # as Theano casts it; XLA alone would not
    if all(
        isinstance(place, slice) and place.indices(length) == (0, length, 1)
        for place, length in zip(places, array.shape)
    ):
        return jnp.broadcast_to(part, array.shape) if overwrite else array + part
    return array.at[places].set(part) if overwrite else array.at[places].add(part)


@translate.register(AdvancedSubtensor1)
def _(op, node):
    return lambda array, rows: jnp.asarray(array)[rows]


@translate.register(AdvancedIncSubtensor1)
def _(op, node):
    return lambda array, part, rows: changed(array, rows, part, op.set_instead_of_inc)


@translate.register(AdvancedSubtensor)
def _(op, node):
    return lambda array, *places: jnp.asarray(array)[tuple(map(index, places))]


@translate.register(AdvancedIncSubtensor)
def _(op, node):
    return lambda array, part, *places: changed(
        array, tuple(map(index, places)), part, op.set_instead_of_inc
    )
