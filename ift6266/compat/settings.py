"""Theano's settings, where its own do not suit today's machines.

What the user has set in ``THEANO_FLAGS`` or in ``.theanorc`` wins over what is set here, but for a
GPU where Theano's package for GPUs is not installed.
"""

import configparser
import importlib.util
import logging
import os
import shlex
import shutil
import sys
import sysconfig
import warnings
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from ift6266.compat.importing import View
from ift6266.errors import InputError

# The functions of a BLAS that Theano's programs call.
BLAS = [kind + name for kind in 'sd' for name in ('gemm_', 'gemv_', 'ger_', 'dot_')]
BLAS += [kind + name for kind in 'cz' for name in ('gemm_', 'gemv_', 'gerc_', 'geru_')]
BLAS += ['openblas_get_num_threads', 'openblas_set_num_threads']

# Settings that ask for a GPU, and what they are without one.
ON_THE_CPU = {'device': 'cpu', 'init_gpu_device': '', 'contexts': ''}
GPUS = ('gpu', 'cuda', 'opencl')

logger = logging.getLogger(__name__)


def apply() -> None:
    """Set what has to be set before any library that uses OpenMP is loaded."""
    # Threads that spin while they wait would slow down whatever else runs ...
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    # ... but between two kernels they may, for some microseconds: waking them up takes longer, in
    # all a fifth of a training step on two cores.
    os.environ.setdefault('GOMP_SPINCOUNT', '10000')


@contextmanager
def with_settings() -> Iterator[None]:
    """Where Theano is loaded: with settings that suit today's machines where the user has none.

    Raises :class:`InputError` where those of the user cannot be read.
    """
    set_theano_flags(
        floatX='float32',
        blas__ldflags=blas_ldflags(),
        # Theano leaves OpenMP off for the sake of convolutions that it no longer has; for those
        # it has now it makes a training step a third shorter, on two cores.
        openmp=sys.platform.startswith('linux'),
        # Programs that were compiled for one NumPy do not run with another.
        compiledir_format='compiledir_%(short_platform)s-%(processor)s-%(python_version)s'
        '-%(python_bitwidth)s-numpy%(numpy_version)s',
        **({} if can_compile() else {'cxx': ''}),
    )
    # The backends say so themselves, and what runs instead; theano/configdefaults.py:560.
    warnings.filterwarnings('ignore', r'DeprecationWarning: there is no c\+\+ compiler')
    # Where there is no HOME, Theano takes this as on Windows; configdefaults.py:1895.
    os.environ.setdefault('USERPROFILE', os.sep + 'nonexistent')
    threads = os.environ.get('OMP_NUM_THREADS')
    if threads:
        os.environ['OMP_NUM_THREADS'] = first_number(threads)
    try:
        yield
    finally:
        if threads:
            os.environ['OMP_NUM_THREADS'] = threads


def first_number(threads: str) -> str:
    """Of OpenMP's numbers for nested loops, since Theano takes but one; configdefaults.py:946."""
    numbers = [number.strip() for number in threads.split(',')]
    if not all(number.isdecimal() for number in numbers):
        raise InputError(
            f'OMP_NUM_THREADS={threads}: must be a number of threads, such as 4; or unset it'
        )
    return numbers[0]


def can_compile() -> bool:
    """Whether Theano's C++ compiler and Python's headers are there, which its programs need."""
    compiler = 'clang++' if sys.platform == 'darwin' else 'g++'
    return bool(shutil.which(compiler)) and Path(sysconfig.get_path('include'), 'Python.h').exists()


def blas_ldflags() -> str:
    """Compiler and linker flags for the OpenBLAS that SciPy's wheels carry, or ``''``.

    Theano's own search for a BLAS uses NumPy's distutils, which is gone.  In those wheels all
    functions have a prefix, which macros add in Theano's programs.  With ``''`` Theano multiplies
    matrices by calls to NumPy, and logs that: slower, but right.
    """
    scipy = importlib.util.find_spec('scipy')
    if scipy is None or not sys.platform.startswith('linux'):
        return ''
    folder = Path(scipy.origin).parent.parent / 'scipy.libs'
    for library in sorted(folder.glob('libscipy_openblas-*.so')):
        flags = [f'-L{folder}', f'-l{library.stem[len("lib") :]}']
        if all(len(flag.split()) == 1 and ',' not in flag for flag in flags):  # it splits at both
            return ' '.join(flags + [f'-D{name}=scipy_{name}' for name in BLAS])
    return ''


class AnyEncoding(configparser.RawConfigParser):
    """Reads files in UTF-8, UTF-16 or Latin-1, with a byte order mark or without."""

    def read(self, filenames: Iterable[str], encoding: str | None = None) -> None:
        """Raise InputError, which names the file, for one that is no such file."""
        for path in filenames:
            try:
                content = Path(path).read_bytes()
            except OSError:  # as its own method does
                continue
            try:
                self.read_string(_decoded(content), path)
            except configparser.Error as error:
                reason = ' '.join(str(error).split())
                raise InputError(
                    f"Theano's settings cannot be read: {reason}; correct that file, or set "
                    'THEANORC= to do without'
                ) from None


class AnyEncodingInterpolated(AnyEncoding, configparser.ConfigParser):
    """The same, with values that may contain others."""


def _decoded(content):
    """The text of a file in any encoding; only comments and paths have letters beyond ASCII."""
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return content.decode('utf-16', 'replace')
    try:
        return content.decode('utf-8-sig')
    except UnicodeDecodeError:
        return content.decode('latin-1')


def read_any_encoding(compat: ModuleType) -> None:
    """Theano reads ``.theanorc`` in the encoding of the terminal; theano/configparser.py:85."""
    compat.configparser = View(
        configparser, ConfigParser=AnyEncodingInterpolated, RawConfigParser=AnyEncoding
    )


def user_theano_settings() -> dict[str, str]:
    """The Theano settings that the user made, in either place, by their names in lower case.

    In ``.theanorc``, as in any such file, ``floatX`` and ``floatx`` are the same.  Raises
    :class:`InputError` where they cannot be read.
    """
    files = AnyEncoding()
    files.read(
        os.path.expanduser(path)
        for path in os.environ.get('THEANORC', '~/.theanorc').split(os.pathsep)
    )
    settings = {
        key if section == 'global' else f'{section}.{key}': value
        for section in files.sections()
        for key, value in files[section].items()
    }
    flags = shlex.shlex(os.environ.get('THEANO_FLAGS', ''), posix=True)  # as configparser.py:38
    flags.whitespace, flags.whitespace_split = ',', True
    try:
        pairs = [flag.partition('=') for flag in flags]
    except ValueError as error:
        raise InputError(f'THEANO_FLAGS cannot be read: {error}') from None
    settings.update((name.strip().lower(), value) for name, _, value in pairs)
    return settings


def set_theano_flags(**defaults: str | bool) -> None:
    """Put ``defaults`` (dots written ``__``) before the user's own flags.

    Where Theano cannot use a GPU, flags that ask for none come after them.
    """
    given = user_theano_settings()
    defaults = {name.replace('__', '.'): value for name, value in defaults.items()}
    flags = [f'{name}={value}' for name, value in defaults.items() if name.lower() not in given]
    flags.append(os.environ.get('THEANO_FLAGS', ''))
    if importlib.util.find_spec('pygpu') is None:
        for name in ON_THE_CPU.keys() & given.keys():
            if any(gpu in given[name] for gpu in GPUS):
                logger.warning(
                    "Theano's setting %s=%s is left out, since pygpu is not installed; GPUs are "
                    'used by the backend xla',
                    name,
                    given[name],
                )
                flags.append(f'{name}={ON_THE_CPU[name]}')
    os.environ['THEANO_FLAGS'] = ','.join(filter(None, flags))


SETTINGS = {'theano': with_settings}
CHANGES = {'theano.compat': [read_any_encoding]}
