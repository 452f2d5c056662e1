"""The kernels as Python functions on NumPy arrays.

Arrays are float32.  Feature maps are ``(batch, height, width, channel)``.  The calls release
Python's global lock, may come from several threads at once, and give the same bits for the
same numbers.  An array that does not fit raises ValueError.
"""

import ctypes
from functools import cache

import numpy as np

from ift6266.backends.cpu.library import load

# As problem.h counts them
FORWARD, BACKWARD_DATA, BACKWARD_WEIGHTS = range(3)
PRECISIONS = ('float32', 'bfloat16', 'nearly float32')


def empty(shape):
    """A float32 array of any content, C-contiguous, that begins with a line of the cache."""
    size = 1
    for length in shape:
        size *= length
    memory = np.empty(size + 16, np.float32)
    start = _library().numbers_to_line(memory)
    return memory[start : start + size].reshape(shape)


def convolve(x, w, stride, padding, flip, precision='float32'):
    """Cross-correlate feature maps with filters.

    Parameters
    ----------
    x : (batch, height, width, inputs) float32, C-contiguous
    w : (outputs, inputs, filter height, filter width) float32, C-contiguous
    stride : tuple (vertical, horizontal)
    padding : tuple ((top, bottom), (left, right))
        Zeros around ``x``.
    flip : bool
        Turn the filters by 180 degrees: a convolution as mathematics defines it.
    precision : str
        'float32', 'bfloat16' (``x`` and ``w`` are rounded, sums are float32), or 'nearly
        float32' (where that is faster, the last bits are left out: a relative error of some
        10⁻⁵ at most, for gradients).

    Returns
    -------
    (batch, output height, output width, outputs) float32
        Each output size is ``(size + before + after - filter size) // stride + 1``.
    """
    y = empty(_output_shape(x, w.shape[2:], w.shape[0], stride, padding))
    _convolve(FORWARD, x, w, y, stride, padding, flip, precision)
    return y


def convolve_backward_data(w, dy, stride, padding, flip, size, precision='float32'):
    """The gradient of :func:`convolve` for ``x``; also called transposed convolution.

    Parameters
    ----------
    w, stride, padding, flip, precision : as for :func:`convolve`
    dy : (batch, output height, output width, outputs) float32, C-contiguous
    size : tuple (height, width) of ``x``

    Returns
    -------
    (batch, height, width, inputs) float32
    """
    dx = empty((dy.shape[0], *size, w.shape[1]))
    _convolve(BACKWARD_DATA, dx, w, dy, stride, padding, flip, precision)
    return dx


def convolve_backward_weights(x, dy, stride, padding, flip, filter_size, precision='float32'):
    """The gradient of :func:`convolve` for ``w``.

    Parameters
    ----------
    x, stride, padding, flip, precision : as for :func:`convolve`
    dy : (batch, output height, output width, outputs) float32, C-contiguous
    filter_size : tuple (height, width)

    Returns
    -------
    (outputs, inputs, filter height, filter width) float32
    """
    dw = empty((dy.shape[3], x.shape[3], *filter_size))
    _convolve(BACKWARD_WEIGHTS, x, dw, dy, stride, padding, flip, precision)
    return dw


def normalize(x, scale, bias, epsilon, slope, out=None):
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
        To be written, where it is not a new array.

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


def normalize_backward(x, dy, dy2, scale, bias, mean, inv_std, slope):
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


def affine(x, factor, shift, slope, out=None):
    """``act(factor * x + shift)`` for each channel; arguments as for :func:`normalize`."""
    if out is None:
        out = empty(x.shape)
    _check(_library().affine(x, factor, shift, slope, out))
    return out


def sigmoid(x):
    """``1 / (1 + exp(-x))`` of a C-contiguous float32 array, number by number."""
    y = empty(x.shape)
    _check(_library().sigmoid(x, y))
    return y


def copy(x, out):
    """Write ``x`` into ``out``, both (..., channels) arrays as for :func:`normalize`."""
    _check(_library().copy(x, out))


def adam(params, grads, firsts, seconds, step_size, beta1, beta2, epsilon, clip):
    """One step of Adam (Kingma and Ba 2015, Algorithm 1) for all parameters, in place.

    ``m = beta1 m + (1 - beta1) g``, ``v = beta2 v + (1 - beta2) g**2``,
    ``p = p - step_size m / (sqrt(v) + epsilon)``, which is then clipped.

    Parameters
    ----------
    params, grads, firsts, seconds : sequences of C-contiguous float32 arrays
        p, g, m and v; all but g are changed.
    step_size : float
        The learning rate at this time, corrected for m and v that began with zeros.
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


def _output_shape(x, filter_size, outputs, stride, padding):
    """Shape of what a convolution makes of the feature maps ``x``."""
    (top, bottom), (left, right) = padding
    return (
        x.shape[0],
        (x.shape[1] + top + bottom - filter_size[0]) // stride[0] + 1,
        (x.shape[2] + left + right - filter_size[1]) // stride[1] + 1,
        outputs,
    )


def _convolve(direction, x, w, y, stride, padding, flip, precision):
    _check(
        _library().convolve(
            direction, x, w, y, *stride, *padding[0], *padding[1], flip, PRECISIONS.index(precision)
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
    library.copy.argtypes = array, array
    library.adam.argtypes = 4 * [ctypes.py_object] + 5 * [number]
    return library


def _check(status):
    """Raise the error that a kernel met."""
    if status:
        raise (ValueError, RuntimeError)[status - 1](_library().last_error().decode())
