"""The kernels as Python functions on NumPy arrays.

Arrays are float32, but for those of exemplars.  Feature maps are ``(batch, height, width,
channel)``.  The functions release Python's global lock, may be called by several threads at once,
and give the same bits for the same numbers.  They raise ValueError where the shapes of arrays do
not fit together.
"""

import ctypes
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy import ndarray

from ift6266.backends.cpu.library import load

# In the order of the enumerations in problem.h.
FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS = range(3)
PRECISIONS = ('float32', 'bfloat16', 'nearly float32')


@dataclass(frozen=True)
class Geometry:
    """How filters move over feature maps.

    Parameters
    ----------
    stride : pair of int
        Vertical and horizontal.
    padding : pair of pairs of int
        Zeros around the feature maps: (top, bottom), (left, right).
    flip : bool
        Turn the filters by 180 degrees: a convolution as mathematics defines it.
    """

    stride: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    flip: bool

    def output_size(self, size: tuple[int, int], filter_size: tuple[int, int]) -> tuple[int, ...]:
        """(height, width) of the result for feature maps of (height, width) ``size``."""
        return tuple(
            (length + before + after - taps) // step + 1
            for length, (before, after), taps, step in zip(
                size, self.padding, filter_size, self.stride
            )
        )


def empty(shape: Sequence[int]) -> ndarray:
    """An uninitialized float32 array, C-contiguous, which begins with a line of the cache."""
    size = math.prod(shape)
    memory = np.empty(size + 16, np.float32)
    start = _library().numbers_to_line(memory)
    return memory[start : start + size].reshape(shape)


def convolve(x: ndarray, w: ndarray, geometry: Geometry, *, precision: str = 'float32') -> ndarray:
    """Cross-correlate feature maps with filters.

    Parameters
    ----------
    x : (batch, height, width, inputs) float32, C-contiguous
    w : (outputs, inputs, filter height, filter width) float32, C-contiguous
    precision : str
        'float32', 'bfloat16' (``x`` and ``w`` are rounded, sums are float32), or 'nearly
        float32' (where that is faster, the last bits are left out: a relative error of some
        10⁻⁵ at most, for gradients).

    Returns
    -------
    (batch, output height, output width, outputs) float32
        Each output size is ``(size + before + after - filter size) // stride + 1``.
    """
    size = geometry.output_size(x.shape[1:3], w.shape[2:])
    y = empty((x.shape[0], *size, w.shape[0]))
    _convolve(FORWARD, x, w, y, geometry=geometry, precision=precision)
    return y


def convolve_backward_data(
    w: ndarray,
    dy: ndarray,
    geometry: Geometry,
    *,
    size: tuple[int, int],
    precision: str = 'float32',
) -> ndarray:
    """The gradient of :func:`convolve` for ``x``; also called transposed convolution.

    Parameters
    ----------
    w, geometry, precision : as for :func:`convolve`
    dy : (batch, output height, output width, outputs) float32, C-contiguous
    size : tuple (height, width) of ``x``

    Returns
    -------
    (batch, height, width, inputs) float32
    """
    dx = empty((dy.shape[0], *size, w.shape[1]))
    _convolve(BACKWARD_DATA, dx, w, dy, geometry=geometry, precision=precision)
    return dx


def convolve_backward_weights(
    x: ndarray,
    dy: ndarray,
    geometry: Geometry,
    *,
    filter_size: tuple[int, int],
    precision: str = 'float32',
) -> ndarray:
    """The gradient of :func:`convolve` for ``w``.

    Parameters
    ----------
    x, geometry, precision : as for :func:`convolve`
    dy : (batch, output height, output width, outputs) float32, C-contiguous
    filter_size : tuple (height, width)

    Returns
    -------
    (outputs, inputs, filter height, filter width) float32
    """
    dw = empty((dy.shape[3], x.shape[3], *filter_size))
    _convolve(BACKWARD_WEIGHTS, x, dw, dy, geometry=geometry, precision=precision)
    return dw


def normalize(
    x: ndarray,
    scale: ndarray,
    bias: ndarray,
    *,
    epsilon: float,
    slope: float,
    out: ndarray | None = None,
) -> tuple[ndarray, ndarray, ndarray]:
    """Normalize each channel to mean 0 and deviation 1, scale, shift and rectify it.

    Batch normalization in training (Ioffe and Szegedy 2015, Algorithm 1) with a leaky ReLU:
    ``act(scale * (x - mean) * inv_std + bias)``, where ``inv_std`` is
    ``1 / sqrt(variance + epsilon)`` with the biased variance, and ``act(z)`` is ``z`` where that
    is positive, ``slope * z`` elsewhere.

    Parameters
    ----------
    x : (..., channels) float32
        Contiguous along the last axis and evenly spaced along the others together, as a feature
        map is, or some adjacent channels of one.
    scale, bias : (channels,) float32, C-contiguous
    epsilon : float
    slope : float
        1 for no rectification, 0 for ReLU.
    out : array like ``x``, optional
        Where to write the result; a new array by default.

    Returns
    -------
    tuple
        The result; mean and inv_std, (channels,) float32 each.
    """
    if out is None:
        out = empty(x.shape)
    mean, inv_std = empty(scale.shape), empty(scale.shape)
    _check(_library().normalize(x, scale, bias, epsilon, slope, out, mean, inv_std))
    return out, mean, inv_std


def normalize_backward(
    x: ndarray,
    dy: ndarray,
    dy2: ndarray | None,
    *,
    scale: ndarray,
    bias: ndarray,
    mean: ndarray,
    inv_std: ndarray,
    slope: float,
) -> tuple[ndarray, ndarray, ndarray]:
    """The gradients of :func:`normalize` for x, scale and bias.

    Parameters
    ----------
    x, scale, bias, slope : as for :func:`normalize`
    dy, dy2 : arrays like ``x``
        The gradient for the result; the sum of both, where ``dy2`` is not None.
    mean, inv_std : as :func:`normalize` returned them
    """
    dx, dscale, dbias = empty(x.shape), empty(scale.shape), empty(scale.shape)
    _check(
        _library().normalize_backward(
            x, dy, dy2, scale, bias, mean, inv_std, slope, dx, dscale, dbias
        )
    )
    return dx, dscale, dbias


def affine(
    x: ndarray, factor: ndarray, shift: ndarray, *, slope: float, out: ndarray | None = None
) -> ndarray:
    """``act(factor * x + shift)`` for each channel; arguments as for :func:`normalize`."""
    if out is None:
        out = empty(x.shape)
    _check(_library().affine(x, factor, shift, slope, out))
    return out


def sigmoid(x: ndarray) -> ndarray:
    """``1 / (1 + exp(-x))`` of a C-contiguous float32 array, number by number."""
    y = empty(x.shape)
    _check(_library().sigmoid(x, y))
    return y


def tanh(x: ndarray) -> ndarray:
    """The hyperbolic tangent of a C-contiguous float32 array, number by number."""
    y = empty(x.shape)
    _check(_library().tanh_of(x, y))
    return y


def sum_channels(x: ndarray) -> ndarray:
    """The sum of each channel of (..., channels), as for :func:`normalize`: (channels,)."""
    sums = empty(x.shape[-1:])
    _check(_library().sum_channels(x, sums))
    return sums


def max_pool(x: ndarray, window: tuple[int, int]) -> ndarray:
    """The largest number of each channel in each window of pixels.

    Parameters
    ----------
    x : (batch, height, width, channels) float32, C-contiguous
    window : pair of int
        Rows and columns.  Windows do not overlap; pixels that fill none are left out.

    Returns
    -------
    (batch, height // rows, width // columns, channels) float32
    """
    y = empty(_windows(x, window))
    _check(_library().max_pool(x, *window, y))
    return y


def max_pool_backward(x: ndarray, y: ndarray, dy: ndarray, window: tuple[int, int]) -> ndarray:
    """The gradient of :func:`max_pool`, for all numbers that are the largest of their window.

    ``dx = dy`` where ``x == y``, 0 elsewhere.

    Parameters
    ----------
    x, window : as for :func:`max_pool`
    y, dy : C-contiguous arrays like its result
        The result and the gradient for it.
    """
    dx = empty(x.shape)
    _check(_library().max_pool_backward(x, y, dy, *window, dx))
    return dx


def sum_windows(x: ndarray, window: tuple[int, int]) -> ndarray:
    """The sum of each channel in each window of pixels: the gradient of :func:`enlarge`."""
    y = empty(_windows(x, window))
    _check(_library().sum_windows(x, *window, y))
    return y


def enlarge(x: ndarray, window: tuple[int, int]) -> ndarray:
    """Repeat every pixel: (batch, height, width, channels) → (…, rows·height, columns·width, …)."""
    batch, height, width, channels = x.shape
    y = empty((batch, height * window[0], width * window[1], channels))
    _check(_library().enlarge(x, *window, y))
    return y


def _windows(x, window):
    batch, height, width, channels = x.shape
    return batch, height // window[0], width // window[1], channels


def copy(x: ndarray, out: ndarray) -> None:
    """Write ``x`` into ``out``, both (..., channels) arrays as for :func:`normalize`."""
    _check(_library().copy(x, out))


def adam(
    params: Sequence[ndarray],
    grads: Sequence[ndarray],
    firsts: Sequence[ndarray],
    seconds: Sequence[ndarray],
    *,
    step_size: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    clip: float | None,
) -> None:
    """One step of Adam (Kingma and Ba 2015, Algorithm 1) for all parameters, in place.

    ``m = beta1 m + (1 - beta1) g``, ``v = beta2 v + (1 - beta2) g**2``,
    ``p = p - step_size m / (sqrt(v) + epsilon)``, which is then clipped.

    Parameters
    ----------
    params, grads, firsts, seconds : sequences of C-contiguous float32 arrays
        p, g, m and v; all but g are changed.
    step_size : float
        The learning rate of this step, corrected for the bias of m and v, which begin as zeros.
    beta1, beta2, epsilon : float
    clip : float or None
        The largest magnitude that a parameter may have.
    """
    _check(
        _library().adam(
            tuple(params),
            tuple(grads),
            tuple(firsts),
            tuple(seconds),
            step_size,
            beta1,
            beta2,
            epsilon,
            float('inf') if clip is None else clip,
        )
    )


def search_exemplars(picture: ndarray, candidates: ndarray, field: ndarray) -> None:
    """As :func:`ift6266.patches.search_exemplars`, to the bit."""
    _check(_library().search_exemplars(picture, candidates, len(candidates), field))


def mend_exemplars(
    picture: ndarray, usable: ndarray, field: ndarray, *, radius: int, seed: int
) -> ndarray:
    """As :func:`ift6266.patches.mend_exemplars`, to the bit."""
    mended = np.empty_like(field)
    _check(_library().mend_exemplars(picture, usable, field, mended, radius, seed))
    return mended


def vote_exemplars(
    picture: ndarray, mask: ndarray, field: ndarray, *, depth: ndarray, out: ndarray
) -> None:
    """As :func:`ift6266.patches.vote_exemplars`, to the bit."""
    _check(_library().vote_exemplars(picture, mask, field, depth, out))


def _convolve(direction, x, w, y, *, geometry, precision):
    _check(
        _library().convolve(
            direction,
            x,
            w,
            y,
            *geometry.stride,
            *geometry.padding[0],
            *geometry.padding[1],
            geometry.flip,
            PRECISIONS.index(precision),
        )
    )


@cache
def _library():
    library = load()
    array, number = ctypes.py_object, ctypes.c_float
    library.numbers_to_line.argtypes = (array,)
    library.convolve.argtypes = (
        [ctypes.c_int] + 3 * [array] + 6 * [ctypes.c_long] + 2 * [ctypes.c_int]
    )
    library.normalize.argtypes = 3 * [array] + [ctypes.c_double, number] + 3 * [array]
    library.normalize_backward.argtypes = 7 * [array] + [number] + 3 * [array]
    library.affine.argtypes = array, array, array, number, array
    library.sigmoid.argtypes = array, array
    library.tanh_of.argtypes = library.sum_channels.argtypes = array, array
    window = 2 * [ctypes.c_long]
    library.max_pool.argtypes = [array, *window, array]
    library.max_pool_backward.argtypes = [*3 * [array], *window, array]
    library.sum_windows.argtypes = library.enlarge.argtypes = [array, *window, array]
    library.copy.argtypes = array, array
    library.search_exemplars.argtypes = array, array, ctypes.c_long, array
    library.mend_exemplars.argtypes = [*4 * [array], ctypes.c_int, ctypes.c_uint32]
    library.vote_exemplars.argtypes = 5 * [array]
    library.adam.argtypes = 4 * [ctypes.py_object] + 5 * [number]
    return library


def _check(status):
    """Raise the error that a kernel reported."""
    if status:
        raise (ValueError, RuntimeError)[status - 1](_library().last_error().decode())
