"""What the tests share: skipping without kernels, the choice of tiles, Theano's own operations."""

import unittest
from contextlib import contextmanager
from unittest.mock import patch

import theano
from scipy.signal import convolve, convolve2d
from theano.tensor.nnet import abstract_conv
from theano.tensor.signal.pool import AveragePoolGrad, MaxPoolGrad, Pool

from ift6266.backends.cpu.library import Unavailable, load

AS_DEFINED = theano.Mode('py', None)  # nothing is rewritten or compiled


def require_kernels():
    """Skip, saying why, where there are no kernels."""
    try:
        load()
    except Unavailable as reason:
        raise unittest.SkipTest(str(reason)) from None


NO_TILES, PROCESSOR_TILES, EMULATED_TILES = range(3)  # in the order of tile_choice.h


@contextmanager
def tiles(which):
    """In this context convolutions use these tiles wherever they suit."""
    load().use_tiles(which)
    try:
        yield
    finally:
        load().use_tiles(PROCESSOR_TILES)


@contextmanager
def as_defined():
    """In this context every operation runs in the mode above.

    Convolutions are defined by a function that SciPy has since moved; pooling in a way that
    NumPy has since forbidden, so it alone is compiled.
    """

    def convolve_in_2d(image, filters, _, mode, boundary, fill):
        return convolve2d(image, filters, mode, boundary, fill)

    with (
        patch.multiple(
            abstract_conv,
            create=True,
            imported_scipy_signal=True,
            _valfrommode=str,
            _bvalfromboundary=str,
            _convolve2d=convolve_in_2d,
            convolve=convolve,
        ),
        patch.object(Pool, 'make_py_thunk', Pool.make_c_thunk),
        patch.object(MaxPoolGrad, 'make_py_thunk', MaxPoolGrad.make_c_thunk),
        patch.object(AveragePoolGrad, 'make_py_thunk', AveragePoolGrad.make_c_thunk),
    ):
        yield
