"""Shapes, rearrangements, and parts of arrays: read, written and added to.

Lengths and limits of slices must be static, which they are where they follow from constants and
shapes; indices need not be.  JAX does not check whether an index lies within an array: outside it
reads the nearest number, and writes nothing.
"""

import jax.numpy as jnp
import numpy as np
from theano.compile.ops import DeepCopyOp, Rebroadcast, Shape, Shape_i, SpecifyShape, ViewOp
from theano.gradient import GradClip
from theano.tensor.basic import (
    Alloc,
    AllocEmpty,
    ARange,
    Eye,
    Join,
    Reshape,
    ScalarFromTensor,
    Split,
    TensorFromScalar,
)
from theano.tensor.elemwise import DimShuffle
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

from ift6266.backends.xla.registry import static, static_lengths, translate

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
        if np.shape(array) != static_lengths(shape):
            raise AssertionError(f'the shape is {np.shape(array)}, not {static_lengths(shape)}')
        return array

    return check


@translate.register(MakeVector)
def _(op, node):
    return lambda *numbers: jnp.stack([jnp.asarray(number, op.dtype) for number in numbers])


@translate.register(Reshape)
def _(op, node):
    return lambda array, shape: jnp.reshape(array, static_lengths(shape))


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
    """The first argument."""
    return array


for same in (Rebroadcast, ViewOp, DeepCopyOp, GradClip, ScalarFromTensor, TensorFromScalar):
    translate.register(same)(lambda op, node: first)


@translate.register(Assert)
def _(op, node):
    """Static conditions are checked; a device cannot raise an exception for the others."""

    def check(value, *conditions):
        for condition in conditions:
            if isinstance(condition, (np.ndarray, np.generic)) and not np.all(condition):
                raise AssertionError(op.msg)
        return value

    return check


# New arrays


@translate.register(Alloc)
def _(op, node):
    return lambda value, *shape: jnp.broadcast_to(value, static_lengths(shape))


@translate.register(AllocEmpty)
def _(op, node):
    return lambda *shape: jnp.zeros(static_lengths(shape), op.dtype)


@translate.register(ARange)
def _(op, node):
    return lambda *limits: jnp.arange(
        *[static(limit, 'a limit of arange') for limit in limits], dtype=op.dtype
    )


@translate.register(Eye)
def _(op, node):
    return lambda *numbers: jnp.eye(*static_lengths(numbers), dtype=op.dtype)


# Concatenation and split


@translate.register(Join)
def _(op, node):
    dtype = node.outputs[0].dtype
    return lambda axis, *arrays: jnp.concatenate(
        [jnp.asarray(array, dtype) for array in arrays], int(static(axis, 'an axis'))
    )


@translate.register(Split)
def _(op, node):
    return lambda array, axis, sizes: tuple(
        jnp.split(array, np.cumsum(static_lengths(sizes))[:-1], int(static(axis, 'an axis')))
    )


# Parts by slices and by indices


@translate.register(MakeSlice)
def _(op, node):
    return lambda *limits: slice(*limits)


def index(part):
    """A slice with limits of type int, or an index as it is."""
    if not isinstance(part, slice):
        return part
    return slice(*[
        None if limit is None else int(static(limit, 'a limit of a slice'))
        for limit in (part.start, part.stop, part.step)
    ])


def indices(op, values):
    """The slices and indices of a :class:`Subtensor` or an :class:`IncSubtensor`."""
    return tuple(map(index, get_idx_list((None, *values), op.idx_list)))


@translate.register(Subtensor)
def _(op, node):
    return lambda array, *values: jnp.asarray(array)[indices(op, values)]


@translate.register(IncSubtensor)
def _(op, node):
    return lambda array, part, *values: with_changes(
        array, indices(op, values), part, overwrite=op.set_instead_of_inc
    )


def with_changes(array, places, part, *, overwrite):
    """A copy of ``array`` with ``part`` written or added to ``places``.

    Where these are the whole array there is no scatter: XLA aborts where its result is reversed.
    """
    array = jnp.asarray(array)
    part = jnp.asarray(part, array.dtype)  # Theano casts it, JAX does not
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
    return lambda array, part, rows: with_changes(
        array, rows, part, overwrite=op.set_instead_of_inc
    )


@translate.register(AdvancedSubtensor)
def _(op, node):
    return lambda array, *places: jnp.asarray(array)[tuple(map(index, places))]


@translate.register(AdvancedIncSubtensor)
def _(op, node):
    return lambda array, part, *places: with_changes(
        array, tuple(map(index, places)), part, overwrite=op.set_instead_of_inc
    )
