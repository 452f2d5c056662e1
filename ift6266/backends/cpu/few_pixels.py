"""Convolutions with few pixels and many filters: products with the filters as they are.

The kernels multiply by filters in another order, which takes longer to write than there is to
compute where a filter is applied to a few pixels alone: by a layer whose result is 1×1, or to one
picture.  Here it is the pixels that are rearranged: a row is all that the filters see from a
place, (inputs, filter height, filter width), and NumPy multiplies.
"""

import math

import numpy as np
from numpy import ndarray

# Measured on a Xeon, two cores.  Filters as large as a second-level cache are packed for longer
# than this takes from Python; with more pixels, or few outputs, the kernels are faster.  So they
# are where the gradient of filters is no sum, but a single outer product.
MANY_WEIGHTS, FEW_PIXELS, OUTPUTS_PER_PIXEL = 2**19, 64, 4


def suits(w_shape: tuple[int, ...], y_shape: tuple[int, ...], *, for_weights: bool) -> bool:
    """Whether to do it, for filters and results of these shapes."""
    pixels = math.prod(y_shape[:3])
    return (
        math.prod(w_shape) >= MANY_WEIGHTS
        and for_weights < pixels <= FEW_PIXELS
        and pixels * OUTPUTS_PER_PIXEL <= w_shape[0]
    )


def convolve(x: ndarray, w: ndarray, y: ndarray, geometry) -> None:
    """As the function of that name in :mod:`ift6266.backends.cpu.bindings`; writes ``y``."""
    seen = _seen(x, w.shape[2:], y.shape[1:3], geometry=geometry)
    np.matmul(seen, w.reshape(len(w), -1).T, out=y.reshape(len(seen), -1))


def convolve_backward_data(dx: ndarray, w: ndarray, dy: ndarray, geometry) -> None:
    """As the function of that name in :mod:`ift6266.backends.cpu.bindings`; writes ``dx``."""
    outputs, inputs, *filter_size = w.shape
    given = dy.reshape(-1, outputs) @ w.reshape(outputs, -1)
    given = given.reshape(*dy.shape[:3], inputs, *filter_size)
    taps = np.ascontiguousarray(given.transpose(4, 5, 0, 1, 2, 3))
    padded = _padded(np.zeros_like(dx), geometry)
    for row in range(filter_size[0]):
        for column in range(filter_size[1]):
            tap = (-1 - row, -1 - column) if geometry.flip else (row, column)
            _places(padded, (row, column), dy.shape[1:3], geometry=geometry)[...] += taps[tap]
    (top, _), (left, _) = geometry.padding
    dx[...] = padded[:, top : top + dx.shape[1], left : left + dx.shape[2]]


def convolve_backward_weights(x: ndarray, dw: ndarray, dy: ndarray, geometry) -> None:
    """As the function of that name in :mod:`ift6266.backends.cpu.bindings`; writes ``dw``."""
    seen = _seen(x, dw.shape[2:], dy.shape[1:3], geometry=geometry)
    np.matmul(dy.reshape(len(seen), -1).T, seen, out=dw.reshape(len(dw), -1))


FUNCTIONS = convolve, convolve_backward_data, convolve_backward_weights


def _padded(maps, geometry):
    return np.pad(maps, ((0, 0), *geometry.padding, (0, 0)))


def _places(padded, tap, size, *, geometry):
    """What a tap sees of padded maps, (batch, y height, y width, channels): a view."""
    rows, columns = [
        slice(first, first + (count - 1) * step + 1, step)
        for first, count, step in zip(tap, size, geometry.stride)
    ]
    return padded[:, rows, columns]


def _seen(x, filter_size, size, *, geometry):
    """All that the filters see, (batch · y height · y width, inputs · filter height · width)."""
    padded = _padded(x, geometry)
    seen = np.empty((x.shape[0], *size, x.shape[3], *filter_size), np.float32)
    for row in range(filter_size[0]):
        for column in range(filter_size[1]):
            tap = (-1 - row, -1 - column) if geometry.flip else (row, column)
            seen[..., tap[0], tap[1]] = _places(padded, (row, column), size, geometry=geometry)
    return seen.reshape(math.prod(seen.shape[:3]), -1)
