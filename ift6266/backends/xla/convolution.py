"""Convolutions of any number of dimensions, and their gradients.

In this module filters are those of a correlation and channels come last.  On a CPU XLA's own
gradients of strided convolutions take ten times as long as the convolutions.  So they are composed
here: the gradient for the maps of convolutions of stride 1, one for each phase of the stride, and
that for the filters of matrix products, one for each tap.  Where maps have few channels, as
pictures do, or are small, one product for all taps replaces these, in either gradient.  With groups
or dilation, and on other devices, the gradients are XLA's own.
"""

from collections.abc import Sequence
from functools import partial
from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from theano.tensor.nnet.abstract_conv import (
    AbstractConv,
    AbstractConv_gradInputs,
    AbstractConv_gradWeights,
    BaseAbstractConv,
)

from ift6266.backends.xla.devices import used_devices
from ift6266.backends.xla.products import multiplied
from ift6266.backends.xla.registry import static_lengths, translate, untranslated

# With at most so many channels, or numbers in the matrix, one product for all taps is faster than
# one for each.  Measured with the layers of the report's tables and 32 or 128 pictures on two cores
# of a Xeon, JAX 0.10: three times as fast for 3 channels, half as fast from 2^22 numbers on.
FEW_CHANNELS, SMALL_MATRIX = 8, 2**20


class Geometry:
    """How the filters of a node, a convolution of Theano's or a gradient, move over maps.

    Attributes
    ----------
    axes : range
        Those of rows, columns, …, in arrays whose channels come last.
    stride, dilation : tuple of int
    groups : int
    """

    def __init__(self, node):
        op = node.op
        if op.unshared:
            raise untranslated(node, 'with filters that are not shared has no translation for XLA')
        self.axes = range(1, 1 + op.convdim)
        self.stride, self.dilation, self.groups = op.subsample, op.filter_dilation, op.num_groups
        self.border_mode, self.flip = op.border_mode, op.filter_flip

    @property
    def composes_gradients(self) -> bool:
        """Whether the gradients are composed here, not XLA's own."""
        return self.groups == 1 and set(self.dilation) == {1} and jax.default_backend() == 'cpu'

    def pads(self, sizes: Sequence[int]) -> list[tuple[int, int]]:
        """How many zeros come before and after each axis, for filters of these ``sizes``."""
        if not isinstance(self.border_mode, str):
            return [pad if isinstance(pad, tuple) else (pad, pad) for pad in self.border_mode]
        extents = [(size - 1) * dilation + 1 for size, dilation in zip(sizes, self.dilation)]
        pads = {
            'valid': [0 for _ in extents],
            'full': [extent - 1 for extent in extents],
            'half': [extent // 2 for extent in extents],
        }
        return [(pad, pad) for pad in pads[self.border_mode]]

    def flipped(self, filters: jax.Array) -> jax.Array:
        """Theano's (filters, channels, …) as those of a correlation, or the reverse."""
        return jnp.flip(filters, range(2, filters.ndim)) if self.flip else filters


def takes_one_product(numbers, channels):
    """Whether all taps are multiplied at once, by a matrix of so many ``numbers``."""
    return channels <= FEW_CHANNELS or numbers <= SMALL_MATRIX


def channels_last(maps):
    return jnp.moveaxis(maps, 1, -1)


def channels_first(maps):
    return jnp.moveaxis(maps, -1, 1)


@translate.register(BaseAbstractConv)
def _(op, node):
    raise untranslated(node)


@translate.register(AbstractConv)
def _(op, node):
    geometry = Geometry(node)

    def convolve(maps, filters):
        return channels_first(correlate(channels_last(maps), geometry.flipped(filters), geometry))

    return convolve


@translate.register(AbstractConv_gradInputs)
def _(op, node):
    geometry = Geometry(node)

    def gradient_of_maps(filters, gradient, size):
        filters, gradient = geometry.flipped(filters), channels_last(gradient)
        channels = filters.shape[1] * geometry.groups
        shape = gradient.shape[0], *static_lengths(size, 'the size of maps'), channels
        if geometry.composes_gradients:
            return channels_first(
                gradient_by_phases(filters, gradient, shape=shape, geometry=geometry)
            )
        return channels_first(
            transposed(lambda maps: correlate(maps, filters, geometry), shape, gradient)
        )

    return gradient_of_maps


@translate.register(AbstractConv_gradWeights)
def _(op, node):
    geometry = Geometry(node)

    def gradient_of_filters(maps, gradient, size):
        maps, gradient = channels_last(maps), channels_last(gradient)
        sizes = static_lengths(size, 'the size of filters')
        if geometry.composes_gradients:
            return geometry.flipped(
                used_devices().sum_over_devices(
                    partial(gradient_by_taps, sizes=sizes, geometry=geometry), maps, gradient
                )
            )
        shape = gradient.shape[-1], maps.shape[-1] // geometry.groups, *sizes
        return geometry.flipped(
            transposed(lambda filters: correlate(maps, filters, geometry), shape, gradient)
        )

    return gradient_of_filters


def correlate(maps, filters, geometry, *, stride=None, padding=None):
    """(batch, …, channels) maps and (filters, channels, …) filters → (batch, …, filters).

    ``stride`` and ``padding`` are those of ``geometry`` unless given.
    """
    letters = 'xyz'[: len(geometry.axes)]
    # In loops, XLA has fast code for CPUs only for convolutions that are in this order already.
    return multiplied(
        lax.conv_general_dilated,
        maps,
        jnp.moveaxis(filters, (0, 1), (-1, -2)),
        window_strides=stride or geometry.stride,
        padding=padding or geometry.pads(filters.shape[2:]),
        dimension_numbers=(f'N{letters}C', letters + 'IO', f'N{letters}C'),
        rhs_dilation=geometry.dilation,
        feature_group_count=geometry.groups,
    )


def transposed(function, shape, gradient):
    """The gradient for the one argument, of this ``shape``, of a linear function."""
    argument = jax.ShapeDtypeStruct(shape, gradient.dtype)
    (result,) = jax.linear_transpose(function, argument)(gradient)
    return result


def gradient_by_phases(filters, gradient, *, shape, geometry):
    """The gradient for maps of this ``shape``, (batch, …, channels).

    Along one axis, pixel stride·m + c meets only taps stride·j + p of the filters, where p is
    (c + pad) mod stride: tap j takes pixel m + (c + pad) // stride − j of the gradient.  So all
    pixels with the same c, a phase, are a convolution of stride 1.
    """
    pads = [before for before, _ in geometry.pads(filters.shape[2:])]
    counts = [-(-length // stride) for length, stride in zip(shape[1:-1], geometry.stride)]
    if takes_one_product(gradient[..., 0].size * filters[0].size, filters.shape[1]):
        products = multiplied(
            lax.dot_general,
            gradient,
            filters,
            dimension_numbers=(((gradient.ndim - 1,), (0,)), ((), ())),
        )
        one_phase = partial(phase_of_products, products, geometry.stride)
    else:
        one_phase = partial(phase_by_convolution, filters, gradient, geometry)
    phases = []
    for phase in product(*map(range, geometry.stride)):
        places = [divmod(c + pad, stride) for c, pad, stride in zip(phase, pads, geometry.stride)]
        phases.append(one_phase(counts=counts, places=places))
    # (phases…, batch, rows, columns, channels) → (batch, rows, phase, columns, phase, channels)
    dimensions = len(geometry.axes)
    maps = jnp.stack(phases).reshape(*geometry.stride, *phases[0].shape)
    order = [dimensions]
    for axis in range(dimensions):
        order += [dimensions + 1 + axis, axis]
    maps = jnp.transpose(maps, order + [2 * dimensions + 1])
    maps = maps.reshape(shape[0], *np.multiply(counts, geometry.stride), shape[-1])
    return maps[tuple(slice(length) for length in shape)]


def phase_by_convolution(filters, gradient, geometry, *, counts, places):
    """The gradient for the pixels of one phase, (batch, …, channels).

    ``counts`` are the numbers of pixels along each axis, and ``places`` pairs for each axis: the
    offset (c + pad) // stride and the first tap p.
    """
    taps = [slice(p, None, step) for (_, p), step in zip(places, geometry.stride)]
    filters = filters[(slice(None), slice(None), *taps)]
    if 0 in filters.shape:  # the stride steps over these pixels
        return jnp.zeros((gradient.shape[0], *counts, filters.shape[1]), gradient.dtype)
    padding = [
        (size - 1 - offset, count + offset - length)
        for (offset, _), size, count, length in zip(
            places, filters.shape[2:], counts, gradient.shape[1:]
        )
    ]
    filters = jnp.flip(jnp.swapaxes(filters, 0, 1), range(2, filters.ndim))
    return correlate(gradient, filters, geometry, padding=padding, stride=(1,) * len(places))


def phase_of_products(products, stride, *, counts, places):
    """The same from the products of the gradient with all taps, (batch, …, channels, taps…)."""
    dimensions = len(stride)
    total = jnp.zeros((products.shape[0], *counts, products.shape[1 + dimensions]), products.dtype)
    taps = [
        [(offset - j, tap) for j, tap in enumerate(range(p, size, step))]
        for (offset, p), step, size in zip(places, stride, products.shape[-dimensions:])
    ]
    for along_axes in product(*taps):
        starts, tap = zip(*along_axes)
        padding = [
            (-start, start + count - length, 0)
            for start, count, length in zip(starts, counts, products.shape[1:])
        ]
        total += lax.pad(
            products[(..., *tap)], jnp.zeros((), products.dtype), [(0, 0, 0), *padding, (0, 0, 0)]
        )
    return total


def gradient_by_taps(maps, gradient, *, sizes, geometry):
    """The gradient for filters of these ``sizes``: (filters, channels, …)."""
    maps = jnp.pad(maps, [(0, 0), *geometry.pads(sizes), (0, 0)])

    def under(tap):
        """The pixels of the maps that lie under a tap."""
        places = [
            slice(first, first + stride * (length - 1) + 1, stride)
            for first, stride, length in zip(tap, geometry.stride, gradient.shape[1:])
        ]
        return maps[(slice(None), *places)]

    parts = [under(tap) for tap in product(*map(range, sizes))]
    positions = (0, *geometry.axes)
    sums = partial(
        multiplied, lax.dot_general, dimension_numbers=((positions, positions), ((), ()))
    )
    if takes_one_product(len(parts) * parts[0].size, maps.shape[-1]):
        filters = sums(jnp.concatenate(parts, -1), gradient)
        filters = filters.reshape(*sizes, maps.shape[-1], gradient.shape[-1])
        return jnp.moveaxis(filters, (-1, -2), (0, 1))
    filters = jnp.stack([sums(gradient, part) for part in parts], -1)
    return filters.reshape(gradient.shape[-1], maps.shape[-1], *sizes)
