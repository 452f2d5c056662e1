"""What NumPy 1.24 to 2.4 removed."""

from types import ModuleType

from ift6266.compat.importing import View, module


def numpy_with_old_names() -> ModuleType:
    """NumPy with the names that the libraries use, each with a line that uses it."""
    import numpy  # here and below when it is needed, since importing this must take no time
    from numpy import _core  # theano/gof/cc.py:1381 asks for the version of its C interface

    return View(
        numpy,
        bool=bool,  # fuel/datasets/hdf5.py:269; 'numpy.bool' is a type of NumPy's today
        int=int,  # theano/tensor/tests/test_subtensor.py
        float=float,  # theano/tensor/tests/test_basic.py
        complex=complex,  # theano/tensor/basic.py:381: without it no constant is a scalar
        product=numpy.prod,  # theano/scalar/basic.py:1748
        sctype2char=lambda dtype: numpy.dtype(dtype).char,  # theano/tensor/elemwise.py:700
        cast=Cast(),  # theano/tensor/nnet/bn.py:218
        in1d=numpy.isin,  # theano/tensor/tests/test_multinomial.py:196
        # theano/tensor/tests/test_basic.py:221
        find_common_type=lambda arrays, scalars: numpy.result_type(*arrays, *scalars),
        MAXDIMS=64,  # theano/tensor/tests/test_elemwise.py:106
        ComplexWarning=numpy.exceptions.ComplexWarning,  # theano/tensor/slinalg.py:552
        core=_core,
        distutils=numpy_distutils(),
    )


class Cast:
    """``cast[dtype](value)``: an array of that type."""

    def __getitem__(self, dtype):
        from numpy import asarray

        return lambda value: asarray(value, dtype)


def numpy_distutils() -> ModuleType:
    """Where NumPy's headers are, theano/gof/cmodule.py:1624.  For the BLAS see settings."""
    return module('numpy.distutils', misc_util=_misc_util(), __config__=_config())


def _misc_util():
    from numpy import get_include

    return module('numpy.distutils.misc_util', get_numpy_include_dirs=lambda: [get_include()])


def _config():
    return module('numpy.distutils.__config__', blas_opt_info={})


def _linalg():
    """What was in ``numpy.linalg.linalg``; theano/gpuarray/linalg.py:7."""
    from numpy import linalg

    return linalg


STAND_INS = {
    'numpy': numpy_with_old_names,
    'numpy.distutils': numpy_distutils,
    'numpy.distutils.misc_util': _misc_util,
    'numpy.distutils.__config__': _config,
    'numpy.linalg.linalg': _linalg,
}
