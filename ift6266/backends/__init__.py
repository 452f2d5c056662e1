"""How Theano functions are compiled and run: the choice of a backend.

This module imports Theano where it is used: command lines read the names of the backends.
"""
import logging
import time
from functools import lru_cache

from ift6266.errors import InputError

BACKENDS = ('auto', 'theano', 'onednn', 'xla')
PRECISIONS = ('float32', 'tf32', 'bfloat16')

logger = logging.getLogger(__name__)


@lru_cache(maxsize=None)
def prepare_compilation():
    """Say once why compiling takes long the first time, and shorten it."""
    import theano
    from ift6266.backends.headers import precompile_headers
    from ift6266.backends.programs import compile_less
    logger.info('Theano makes a C++ program of every kind of operation: about a second for each '
                'that is new, a minute or two the first time; the others are in %s',
                theano.config.compiledir)
    compile_less()
    precompile_headers()


def compile_function(inputs, outputs, backend='auto', name=None, mode=None,
                     precision='float32', **kwargs):
    """``theano.function``, by one of :data:`BACKENDS`, saying what it does and how long it took.

    'theano' is Theano as the user set it up; 'onednn' puts the kernels of
    :mod:`ift6266.backends.onednn` into the graph and raises InputError where they cannot run;
    'auto' takes them where they can, and else says once why not.  'xla' is
    :mod:`ift6266.backends.xla`, which has a mode of its own, and raises InputError where there is
    no JAX.  All functions of a shared variable take it, or none; else this raises ValueError.
    Where there is no C++ compiler 'auto' is 'xla', and 'theano' and 'onednn' raise InputError.

    With ``precision`` 'bfloat16' convolutions multiply numbers rounded to that, and their sums
    are float32, like all else; with 'tf32' XLA takes the numbers of that name where the device
    has them.  Raises InputError where the backend cannot.  Other arguments are those of
    ``theano.function``.
    """
    import theano
    if backend not in BACKENDS:
        raise ValueError('unknown backend {!r}; there are {}'.format(backend, BACKENDS))
    if precision not in PRECISIONS:
        raise ValueError('unknown precision {!r}; there are {}'.format(precision, PRECISIONS))
    if not theano.config.cxx:
        backend = _without_compiler(backend)
    if backend == 'xla':
        from ift6266.backends.xla.mode import xla_mode
        mode = xla_mode(precision)
    else:
        mode = _mode_of_programs(backend, mode, precision)
    logger.info('compiling: %s', name)
    start = time.time()
    function = theano.function(inputs, outputs, mode=mode, name=name, **kwargs)
    if backend != 'xla':
        from ift6266.backends.xla.container import refuse_shared_with_xla
        refuse_shared_with_xla(function)
    logger.info('compiled: %s, in %.0f s', name, time.time() - start)
    return function


def use_devices(number):
    """Let functions that the backend xla compiles from now on split minibatches over devices.

    Raises InputError where there are fewer than ``number``, or there is no JAX.
    """
    from ift6266.backends.xla.library import load
    load()
    from ift6266.backends.xla import devices
    devices.use_devices(number)


def _without_compiler(backend):
    """The backend to take where there is no C++ compiler."""
    if backend not in ('auto', 'xla'):
        raise InputError('the backend {} takes a C++ compiler, and there is none; install g++, or '
                         'choose xla'.format(backend))
    _say_once('There is no C++ compiler, which all backends but xla take')
    return 'xla'


def _mode_of_programs(backend, mode, precision):
    """The mode of the backends whose operations are programs in C and C++."""
    import theano
    prepare_compilation()
    if precision == 'tf32':
        raise InputError('the precision tf32 takes the backend xla; choose float32')
    if _takes_kernels(backend):
        from ift6266.backends.onednn.optimizations import optimized
        return optimized(theano.compile.mode.get_mode(mode), precision)
    if precision == 'bfloat16':
        reason = 'it is theano' if backend == 'theano' else _reason_against_kernels()
        raise InputError('the precision bfloat16 takes the backend onednn or xla: {}; choose '
                         'float32'.format(reason))
    return mode


def _takes_kernels(backend):
    """Whether the kernels are to be put into a graph."""
    if backend == 'theano':
        return False
    reason = _reason_against_kernels()
    if reason and backend == 'onednn':
        raise InputError('the backend onednn cannot be had: {}; choose theano, or auto'
                         .format(reason))
    if reason:
        _say_once('Theano runs without the backend onednn: ' + reason)
    return not reason


def _reason_against_kernels():
    """Why the kernels cannot run, in a line; None where they can."""
    import theano
    from ift6266.backends.onednn.library import Unavailable, load
    if theano.config.floatX != 'float32':
        return "it is for Theano's floatX=float32, not " + theano.config.floatX
    if theano.config.device != 'cpu':
        return "it is for Theano's device=cpu, not " + theano.config.device
    try:
        load()
    except Unavailable as error:
        return str(error)


@lru_cache(maxsize=None)
def _say_once(message):
    logger.info(message)
