"""Pooling, by the maximum, the mean or the sum, and its gradients.

The last axes are pooled.  A tap is one place of all windows: the strided part of the padded maps
that lies there.
"""

from functools import reduce
from itertools import product

import jax.numpy as jnp
import numpy as np
from jax import lax
from theano.tensor.signal.pool import AveragePoolGrad, MaxPoolGrad, Pool

from ift6266.backends.xla.registry import static_lengths, translate


class Windows:
    """The windows over maps of some ``shape``, and where each of their taps lies."""

    def __init__(self, op, shape, window, stride, pad):
        window, self.stride, pad = [
            static_lengths(value, 'the geometry of pooling') for value in (window, stride, pad)
        ]
        self.leading, self.lengths = tuple(shape[: -op.ndim]), tuple(shape[-op.ndim :])
        self.window = window
        self.counts = [
            int(count)
            for count in Pool.out_shape(shape, window, op.ignore_border, self.stride, pad, op.ndim)[
                -op.ndim :
            ]
        ]
        ends = [
            (count - 1) * step + size for count, step, size in zip(self.counts, self.stride, window)
        ]
        # Where incomplete windows are ignored, the end may be cut off: a negative pad.
        self.pads = [(0, 0)] * len(self.leading) + [
            (before, end - before - length) for before, end, length in zip(pad, ends, self.lengths)
        ]
        with_pads = op.mode == 'average_inc_pad'
        self.limits = [
            (0, length + 2 * before) if with_pads else (before, before + length)
            for before, length in zip(pad, self.lengths)
        ]

    def padded(self, maps, value):
        """The maps with ``value`` around them, as far as the windows reach."""
        return lax.pad(maps, jnp.asarray(value, maps.dtype), [(*pad, 0) for pad in self.pads])

    def taps(self):
        """Yield the index of each tap in the padded maps."""
        for tap in product(*map(range, self.window)):
            yield (
                ...,
                *[
                    slice(first, first + step * (count - 1) + 1, step)
                    for first, step, count in zip(tap, self.stride, self.counts)
                ],
            )

    def scatter(self, parts):
        """Maps, to which each of the arrays ``parts`` is added at its tap."""
        shape = [
            *self.leading,
            *[
                before + length + after
                for (before, after), length in zip(self.pads[len(self.leading) :], self.lengths)
            ],
        ]
        maps = sum(self._at(tap, part, shape) for tap, part in zip(self.taps(), parts))
        return lax.pad(
            maps, jnp.zeros((), maps.dtype), [(-before, -after, 0) for before, after in self.pads]
        )

    def _at(self, tap, part, shape):
        padding = [(0, 0, 0)] * len(self.leading) + [
            (place.start, length - place.stop, place.step - 1)
            for place, length in zip(tap[1:], shape[len(self.leading) :])
        ]
        return lax.pad(part, jnp.zeros((), part.dtype), padding)

    def sizes(self):
        """How many pixels are in each window: of the maps, or of their padding as well."""
        sizes = np.ones((), int)
        for count, step, size, (first, end) in zip(
            self.counts, self.stride, self.window, self.limits
        ):
            starts = np.arange(count) * step
            counted = np.minimum(starts + size, end) - np.maximum(starts, first)
            sizes = sizes[..., np.newaxis] * counted
        return sizes


@translate.register(Pool)
def _(op, node):
    def pool(maps, *geometry):
        windows = Windows(op, maps.shape, *geometry)
        if op.mode == 'max':
            lowest = (
                -np.inf if jnp.issubdtype(maps.dtype, jnp.floating) else jnp.iinfo(maps.dtype).min
            )
            padded = windows.padded(maps, lowest)
            return reduce(jnp.maximum, [padded[tap] for tap in windows.taps()])
        padded = windows.padded(maps, 0)
        total = sum(padded[tap] for tap in windows.taps())
        return total if op.mode == 'sum' else total / windows.sizes().astype(maps.dtype)

    return pool


@translate.register(MaxPoolGrad)
def _(op, node):
    """The gradient goes to each pixel that equals the maximum, as Theano defines it."""

    def gradient_of_maps(maps, maxima, gradient, *geometry):
        windows = Windows(op, maps.shape, *geometry)
        padded = windows.padded(maps, 0)
        return windows.scatter([
            jnp.where(padded[tap] == maxima, gradient, 0) for tap in windows.taps()
        ])

    return gradient_of_maps


@translate.register(AveragePoolGrad)
def _(op, node):
    def gradient_of_maps(maps, gradient, *geometry):
        windows = Windows(op, maps.shape, *geometry)
        if op.mode != 'sum':
            gradient = gradient / windows.sizes().astype(gradient.dtype)
        return windows.scatter([gradient] * int(np.prod(windows.window)))

    return gradient_of_maps
