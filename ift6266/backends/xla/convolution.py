"""Convolutions of any number of dimensions, and their gradients.

Inside, filters are those of a correlation and channels come last.  On a CPU XLA is slow at its own
gradients of strided convolutions, an order of magnitude slower than at the convolutions; here
they are put together from what it is fast at: that for the maps from convolutions of stride 1,
one for each phase of the stride, and that for the filters from matrix products, one for each of
their taps.  Maps of few channels, as pictures have, and small ones take one product for all taps
instead, in either gradient.  Where there are groups or dilation, and on other devices, the
gradients are XLA's own.
"""

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
from ift6266.backends.xla.registry import lengths, translate, untranslated

# Of so few channels, or numbers in such a matrix, all taps are multiplied at once.
FEW, SMALL = 8, 2**20


class Geometry:
    """What a convolution of Theano's says of itself.

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
    def plain(self):
        """Whether its gradients can be put together here."""
        return self.groups == 1 and set(self.dilation) == {1} and jax.default_backend() == 'cpu'

    def pads(self, sizes):
        """How many zeros come before and after each axis, for filters of these sizes."""
        sizes = [(size - 1) * dilation + 1 for size, dilation in zip(sizes, self.dilation)]
        if isinstance(self.border_mode, str):
            return [
                {'valid': (0, 0), 'full': (size - 1,) * 2, 'half': (size // 2,) * 2}[
                    self.border_mode
                ]
                for size in sizes
            ]
        return [pad if isinstance(pad, tuple) else (pad, pad) for pad in self.border_mode]

    def flipped(self, filters):
        """(filters, channels, …) of Theano's as those of a correlation, or back."""
        return jnp.flip(filters, range(2, filters.ndim)) if self.flip else filters


def at_once(numbers, channels):
    """Whether one product for all taps, with so many numbers, is faster than one for each."""
    return channels <= FEW or numbers <= SMALL


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
        shape = gradient.shape[0], *lengths(size, 'the size of maps'), channels
        if geometry.plain:
            return channels_first(by_phases(filters, gradient, shape, geometry))
        return channels_first(
            transposed(lambda maps: correlate(maps, filters, geometry), shape, gradient)
        )

    return gradient_of_maps


@translate.register(AbstractConv_gradWeights)
def _(op, node):
    geometry = Geometry(node)

    def gradient_of_filters(maps, gradient, size):
        maps, gradient = channels_last(maps), channels_last(gradient)
        sizes = lengths(size, 'the size of filters')
        if geometry.plain:
            return geometry.flipped(
                used_devices().sum_of_parts(
                    partial(by_taps, sizes=sizes, geometry=geometry), maps, gradient
                )
            )
        shape = gradient.shape[-1], maps.shape[-1] // geometry.groups, *sizes
        return geometry.flipped(
            transposed(lambda filters: correlate(maps, filters, geometry), shape, gradient)
        )

    return gradient_of_filters


def correlate(maps, filters, geometry, **kwargs):
    """(batch, …, channels) maps and (filters, channels, …) filters → (batch, …, filters)."""
    letters = 'xyz'[: len(geometry.axes)]
    layout = f'N{letters}C', 'OI' + letters, f'N{letters}C'
    options = {'window_strides': geometry.stride, 'padding': geometry.pads(filters.shape[2:])}
    options.update(kwargs)
    return multiplied(
        lax.conv_general_dilated,
        maps,
        filters,
        dimension_numbers=layout,
        rhs_dilation=geometry.dilation,
        feature_group_count=geometry.groups,
        **options,
    )


def transposed(function, shape, gradient):
    """The gradient for the argument, of this shape, of a linear function of one array."""
    argument = jax.ShapeDtypeStruct(shape, gradient.dtype)
    (result,) = jax.linear_transpose(function, argument)(gradient)
    return result


def by_phases(filters, gradient, shape, geometry):
    """The gradient for maps of this ``shape``.

    Along one axis, pixel stride·m + c meets the taps stride·j + p of filters for one p alone,
    (c + pad) mod stride: tap j takes pixel m + (c + pad) // stride − j of the gradient.  So all
    pixels with the same c, a phase, are a convolution of stride 1.
    """
    pads = [before for before, _ in geometry.pads(filters.shape[2:])]
    counts = [-(-length // stride) for length, stride in zip(shape[1:-1], geometry.stride)]
    if at_once(gradient[..., 0].size * filters[0].size, filters.shape[1]):
        one_phase = partial(
            phase_of_products,
            multiplied(
                lax.dot_general,
                gradient,
                filters,
                dimension_numbers=(((gradient.ndim - 1,), (0,)), ((), ())),
            ),
        )
    else:
        one_phase = partial(phase_by_convolution, filters, gradient, geometry)
    phases = [
        one_phase(
            [divmod(c + pad, stride) for c, pad, stride in zip(phase, pads, geometry.stride)],
            geometry.stride,
            counts,
        )
        for phase in product(*map(range, geometry.stride))
    ]
    # (phases…, batch, rows, columns, channels) → (batch, rows, phase, columns, phase, channels)
    dimensions = len(geometry.axes)
    maps = jnp.stack(phases).reshape(*geometry.stride, *phases[0].shape)
    order = [dimensions]
    for axis in range(dimensions):
        order += [dimensions + 1 + axis, axis]
    maps = jnp.transpose(maps, order + [2 * dimensions + 1])
    maps = maps.reshape(shape[0], *np.multiply(counts, geometry.stride), shape[-1])
    return maps[tuple(slice(length) for length in shape)]


def phase_by_convolution(filters, gradient, geometry, places, stride, counts):
    """The gradient for the pixels of one phase, (batch, …, channels).

    ``places`` are (offset, p) for each axis, and ``counts`` how many pixels there are.
    """
    filters = filters[
        (slice(None), slice(None), *[slice(p, None, step) for (_, p), step in zip(places, stride)])
    ]
    if 0 in filters.shape:  # the stride steps over these pixels
        return jnp.zeros((gradient.shape[0], *counts, filters.shape[1]), gradient.dtype)
    padding = [
        (taps - 1 - offset, count + offset - has)
        for (offset, _), taps, count, has in zip(
            places, filters.shape[2:], counts, gradient.shape[1:]
        )
    ]
    filters = jnp.flip(jnp.swapaxes(filters, 0, 1), range(2, filters.ndim))
    return correlate(
        gradient, filters, geometry, padding=padding, window_strides=(1,) * len(stride)
    )


def phase_of_products(products, places, stride, counts):
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
            (-start, start + count - has, 0)
            for start, count, has in zip(starts, counts, products.shape[1:])
        ]
        total += lax.pad(
            products[(..., *tap)], jnp.zeros((), products.dtype), [(0, 0, 0), *padding, (0, 0, 0)]
        )
    return total


def by_taps(maps, gradient, sizes, geometry):
    """The gradient for filters of these ``sizes``: (filters, channels, …)."""
    maps = jnp.pad(maps, [(0, 0), *geometry.pads(sizes), (0, 0)])
    parts = [
        maps[
            (
                slice(None),
                *[
                    slice(first, first + stride * (length - 1) + 1, stride)
                    for first, stride, length in zip(tap, geometry.stride, gradient.shape[1:])
                ],
            )
        ]
        for tap in product(*map(range, sizes))
    ]
    positions = (0, *geometry.axes)
    sums = partial(
        multiplied, lax.dot_general, dimension_numbers=((positions, positions), ((), ()))
    )
    if at_once(len(parts) * parts[0].size, maps.shape[-1]):
        filters = sums(jnp.concatenate(parts, -1), gradient)
        filters = filters.reshape(*sizes, maps.shape[-1], gradient.shape[-1])
        return jnp.moveaxis(filters, (-1, -2), (0, 1))
    filters = jnp.stack([sums(gradient, part) for part in parts], -1)
    return filters.reshape(gradient.shape[-1], maps.shape[-1], *sizes)
