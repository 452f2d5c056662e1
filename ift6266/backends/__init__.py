"""How Theano functions are compiled and run: the choice of a backend.

Functions here import Theano, which takes two seconds: command lines need the names of backends.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from ift6266.compat.cache import require_usable
from ift6266.errors import InputError

BACKENDS = ('auto', 'theano', 'cpu', 'xla')
PRECISIONS = ('float32', 'tf32', 'bfloat16')

logger = logging.getLogger(__name__)


@cache
def prepare_compilation() -> None:
    """Make the compilation of C++ programs shorter, and announce the first."""
    from ift6266.backends.headers import precompile_headers
    from ift6266.backends.programs import announce_compilation, compile_less

    announce_compilation()
    compile_less()
    precompile_headers()


def backend_name(name: str) -> str:
    """The name of a backend, which may also be given by its older name: 'onednn' for 'cpu'."""
    return 'cpu' if name == 'onednn' else name


@dataclass(frozen=True)
class Backend:
    """How Theano functions are compiled and run.

    Parameters
    ----------
    name : str
        One of :data:`BACKENDS`.  'theano' is Theano as the user set it up; 'cpu' puts the kernels
        of :mod:`ift6266.backends.cpu` into graphs; 'xla' is :mod:`ift6266.backends.xla`; 'auto' is
        'cpu' where the kernels can run, 'xla' where there is no C++ compiler, and else 'theano'.
    precision : str
        One of :data:`PRECISIONS`: of the factors of convolutions; sums and all else are float32.
        'tf32' needs XLA and a device that has it.

    Raises ValueError where there is no such backend or precision.
    """

    name: str = 'auto'
    precision: str = 'float32'

    def __post_init__(self):
        object.__setattr__(self, 'name', backend_name(self.name))
        if self.name not in BACKENDS:
            raise ValueError(f'unknown backend {self.name!r}; there are {BACKENDS}')
        if self.precision not in PRECISIONS:
            raise ValueError(f'unknown precision {self.precision!r}; there are {PRECISIONS}')

    def compile(self, inputs, outputs, name: str | None = None, *, mode=None, **kwargs):
        """``theano.function``, which logs what it compiles and how long that took.

        ``mode`` and ``kwargs`` are those of ``theano.function``.  Raises InputError where the
        backend, or its precision, is not available here, and where programs cannot be written;
        and ValueError where the function shares a variable with one of the backend 'xla' and is
        not of that backend itself.
        """
        import theano

        if theano.config.floatX == 'float16':
            raise InputError("Theano's floatX=float16 has no convolutions; choose float32")
        backend = self._present()
        if backend.name == 'xla':
            from ift6266.backends.xla.mode import xla_mode

            mode = xla_mode(self.precision)
        else:
            mode = backend._mode_of_programs(mode)
        logger.info('compiling: %s', name)
        start = time.time()
        try:
            function = theano.function(inputs, outputs, mode=mode, name=name, **kwargs)
        except Exception:
            require_usable(theano.config.compiledir)  # the disk may be full by now
            raise
        if backend.name != 'xla':
            from ift6266.backends.xla.container import refuse_shared_with_xla

            refuse_shared_with_xla(function)
        logger.info('compiled: %s, in %.0f s', name, time.time() - start)
        return function

    def program(self, function: Callable) -> Callable:
        """``function``, whose calls of functions that this backend compiles are one program.

        It takes arrays, or dicts of them, and hands them and what it computes to such functions
        alone: with the backend 'xla' it is called to be traced, as by JAX, and its results may
        still be under way when they are returned.  By other backends it stays as it is.
        """
        if self._present().name != 'xla':
            return function
        from ift6266.backends.xla.composition import Composition

        return Composition(function)

    def repeat(self, count, function: Callable, *arguments):
        """What the last of ``count`` calls returns, one or more; in a :meth:`program` a loop."""
        if self._present().name == 'xla':
            from ift6266.backends.xla.composition import Trace, repeat

            if Trace.current.get():
                return repeat(count, function, *arguments)
        for _ in range(int(count)):
            result = function(*arguments)
        return result

    @property
    def steps_per_call(self) -> int:
        """How many iterations of training are best made one call of a :meth:`program`."""
        if self._present().name != 'xla':
            return 1
        from ift6266.backends.xla.composition import calls_at_once

        return calls_at_once()

    @property
    def calls_ahead(self) -> int:
        """How many calls of a :meth:`program` may be under way when another is made."""
        if self._present().name != 'xla':
            return 0
        from ift6266.backends.xla.composition import calls_ahead

        return calls_ahead()

    @property
    def place(self) -> Callable | None:
        """What puts a dict of arrays on the device; None where functions take NumPy's alone."""
        if self._present().name != 'xla':
            return None
        from ift6266.backends.xla.composition import place

        return place

    def _present(self) -> 'Backend':
        """This backend, or where there is no C++ compiler the one that needs none."""
        import theano

        return self if theano.config.cxx else self._without_compiler()

    def _without_compiler(self) -> 'Backend':
        if self.name not in ('auto', 'xla'):
            raise InputError(
                f'the backend {self.name} needs a C++ compiler, and there is none; '
                'install g++, or choose xla'
            )
        _log_once('There is no C++ compiler, which all backends but xla need')
        return replace(self, name='xla')

    def _mode_of_programs(self, mode):
        """The mode for the backends other than xla."""
        import theano

        prepare_compilation()
        if self.precision == 'tf32':
            raise InputError('the precision tf32 needs the backend xla; choose float32')
        if self._takes_kernels():
            from ift6266.backends.cpu.optimizations import optimized

            return optimized(theano.compile.mode.get_mode(mode), self.precision)
        if self.precision == 'bfloat16':
            reason = 'it is theano' if self.name == 'theano' else _reason_against_kernels()
            raise InputError(
                f'the precision bfloat16 needs the backend cpu or xla: {reason}; choose float32'
            )
        return mode

    def _takes_kernels(self) -> bool:
        """Whether to put the kernels into a graph."""
        if self.name == 'theano':
            return False
        reason = _reason_against_kernels()
        if reason and self.name == 'cpu':
            raise InputError(f'the backend cpu cannot run: {reason}; choose theano, or auto')
        if reason:
            _log_once('Theano runs without the backend cpu: ' + reason)
        return not reason


AUTO = Backend()


def use_devices(number: int) -> None:
    """Split minibatches over ``number`` devices in functions that the backend xla compiles next.

    Raises InputError where there are fewer, or there is no JAX.
    """
    from ift6266.backends.xla.library import load

    load()
    from ift6266.backends.xla import devices

    devices.use_devices(number)


def _reason_against_kernels() -> str | None:
    """Why the kernels cannot run here, in one line; None where they can."""
    import theano

    from ift6266.backends.cpu.library import Unavailable, load

    if theano.config.floatX != 'float32':
        return "it is for Theano's floatX=float32, not " + theano.config.floatX
    if theano.config.device != 'cpu':
        return "it is for Theano's device=cpu, not " + theano.config.device
    try:
        load()
    except Unavailable as error:
        return str(error)


@cache
def _log_once(message):
    logger.info(message)
