"""What Theano 1.0 needs: its C programs in today's C, SciPy's functions where they are now."""

import copy
import importlib
import re
import sys
from types import ModuleType

from ift6266.compat.importing import Deferred, module

# NumPy's headers then declare the fields of NumPy 2's descriptors; and they no longer define that
# Python is 3 (theano/gof/c_code/lazylinker_c.c).
FLAGS = ['-DNPY_TARGET_VERSION=NPY_2_0_API_VERSION', '-DNPY_PY3K=1']

# Names in Theano's programs, and what they are today.
NAMES = {
    r'\bPyInt_': 'PyLong_',  # theano/gof/type.py, lazylinker_c.c: Python 2's whole numbers
    r'\bNPY_MAXDIMS\b': 'NPY_RAVEL_AXIS',  # theano/tensor/basic.py:1349, always meant as 'all axes'
    r'(?<=[\w)\]])(\.|->)real\b(?!\s*\()': r'\1_Val[0]',  # theano/scalar/basic.py:513
    r'(?<=[\w)\]])(\.|->)imag\b(?!\s*\()': r'\1_Val[1]',
}


def compile_todays_c(cmodule: ModuleType) -> None:
    """All programs go through ``GCC_compiler``; theano/gof/cmodule.py:1929 and 2261."""
    compiler = cmodule.GCC_compiler
    compile_args, compile_str = compiler.compile_args, compiler.compile_str

    def with_flags(*args, **kwargs):
        return compile_args(*args, **kwargs) + FLAGS

    def with_names(module_name, src_code, *args, **kwargs):
        for old, new in NAMES.items():
            src_code = re.sub(old, new, src_code)
        return compile_str(module_name, src_code, *args, **kwargs)

    compiler.compile_args, compiler.compile_str = map(staticmethod, (with_flags, with_names))


def keep_constants_exact(basic: ModuleType) -> None:
    """A constant takes the least type that holds it; theano/scalar/basic.py:210.

    Theano tries one after the other by ``x == theano._asarray(x, dtype)``.  Today's NumPy refuses
    to make an int8 of 300, and compares a Python float in the type of the array, where the two
    are always equal.  Made an array first, a number is neither refused nor cast by a comparison.
    """
    autocast, config, np = basic.NumpyAutocaster.__call__, basic.config, basic.np

    def least_type(self, x):
        rounded = type(x) is float and config.floatX in self.dtypes[:-1]  # as Theano does for speed
        if type(x) not in (bool, int, float) or rounded or config.cast_policy != 'custom':
            return autocast(self, x)
        exact = np.asarray(x)
        if exact.dtype.kind not in 'bif':
            raise OverflowError(x)  # which its caller expects
        with np.errstate(over='ignore'):
            for dtype in self.dtypes[self.dtypes[0] == 'float16' :]:
                cast = exact.astype(dtype)
                if cast == exact:
                    break
        return cast

    basic.NumpyAutocaster.__call__ = least_type


def invert_exactly(basic: ModuleType) -> None:
    """``float32(1) / x`` is a float32 today for a Python float x; theano/scalar/basic.py:2734."""
    basic.Inv.impl = lambda operation, x: basic.np.true_divide(1.0, x)


def cumulate_along_all_axes(extra_ops: ModuleType) -> None:
    """NumPy 2 has another number for 'all axes' in C; theano/tensor/extra_ops.py:262."""
    all_axes = -(2**31)  # NPY_RAVEL_AXIS
    extra_ops.CumOp.c_axis = property(
        lambda operation: all_axes if operation.axis is None else operation.axis
    )


def increase_rows_in_python(subtensor: ModuleType) -> None:
    """NumPy 2 has no iterator over indices in C any more; theano/tensor/inc_code.py.

    The operation's own ``perform`` calls ``numpy.add.at``, which NumPy 1.25 made as fast.
    """
    subtensor.AdvancedIncSubtensor1.c_code = subtensor.Op.c_code  # that there is none


def copy_whole_states(raw_random: ModuleType) -> None:
    """A copy of a RandomState shares the original's numbers today; theano/tensor/raw_random.py."""
    raw_random.copy = copy.deepcopy


def widen_mask(rng_mrg: ModuleType) -> None:
    """A mask of 32 ones is out of bounds for the int32 it masks; theano/sandbox/rng_mrg.py:286.

    Sums that overflow are meant to, so NumPy need not warn of them.
    """
    next_value, np = rng_mrg.mrg_next_value, rng_mrg.np

    def mrg_next_value(rstate, new_rstate, NORM, mask, offset):
        with np.errstate(over='ignore'):
            return next_value(rstate, new_rstate, NORM, np.int64(mask), offset)

    rng_mrg.mrg_next_value = mrg_next_value


def scan_in_python(scan_op: ModuleType) -> None:
    """Run scan's loop in Python.

    The C that Cython made of it in 2016 (theano/scan_module/c_code) reads fields of Python's
    objects that are gone.  Where that module is missing, scan_op.py:953 takes its own loop.
    """
    sys.modules['theano.scan_module.scan_perform_ext'] = None


def deferred_stats() -> ModuleType:
    """One operation uses scipy.stats, which takes a third of a second; scalar/basic_scipy.py:21."""
    return Deferred('scipy.stats')


def signaltools() -> ModuleType:
    """Private functions that SciPy has moved; theano/tensor/nnet/abstract_conv.py:27."""
    names = '_valfrommode', '_bvalfromboundary', 'convolve'
    return module(
        'scipy.signal.signaltools',
        **{name: _later('scipy.signal._signaltools', name) for name in names},
    )


def sigtools() -> ModuleType:
    """Another one; theano/tensor/nnet/abstract_conv.py:28."""
    return module(
        'scipy.signal.sigtools', _convolve2d=_later('scipy.signal._sigtools', '_convolve2d')
    )


def _later(module_name, name):
    """A function that is looked up when it is called: scipy.signal takes half a second."""

    def call(*args, **kwargs):
        return getattr(importlib.import_module(module_name), name)(*args, **kwargs)

    return call


STAND_INS = {
    'scipy.stats': deferred_stats,
    'scipy.signal.signaltools': signaltools,
    'scipy.signal.sigtools': sigtools,
}
SOURCES = {
    # NumPy takes slices as a tuple, not as a list; theano/tensor/signal/pool.py:574, 2179 and 2181.
    'theano.tensor.signal.pool': {
        '[[region_slices[i][r[i]] for i in xrange(nd)]]': (
            '[tuple([region_slices[i][r[i]] for i in xrange(nd)])]'
        )
    },
    # NumPy 2 has no such header, and the code takes no name of it; theano/tensor/nnet/conv.py:960.
    'theano.tensor.nnet.conv': {"'<numpy/noprefix.h>', ": ''},
}
CHANGES = {
    'theano.scalar.basic': [keep_constants_exact, invert_exactly],
    'theano.gof.cmodule': [compile_todays_c],
    'theano.sandbox.rng_mrg': [widen_mask],
    'theano.scan_module.scan_op': [scan_in_python],
    'theano.tensor.extra_ops': [cumulate_along_all_axes],
    'theano.tensor.raw_random': [copy_whole_states],
    'theano.tensor.subtensor': [increase_rows_in_python],
}
