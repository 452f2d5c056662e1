"""Theano's settings, where its own do not suit today's machines.

What the user has set in ``THEANO_FLAGS`` or in ``.theanorc`` wins over what is set here.
"""

import configparser
import importlib.util
import os
import shutil
import sys
import sysconfig
import warnings
from pathlib import Path

# The functions of a BLAS that Theano's programs call.
BLAS = [kind + name for kind in 'sd' for name in ('gemm_', 'gemv_', 'ger_', 'dot_')]
BLAS += [kind + name for kind in 'cz' for name in ('gemm_', 'gemv_', 'gerc_', 'geru_')]
BLAS += ['openblas_get_num_threads', 'openblas_set_num_threads']


def apply() -> None:
    """Set what suits today's machines where the user has not."""
    set_theano_defaults(
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
    # Threads that spin while they wait would slow down whatever else runs ...
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    # ... but between two kernels they may, for some microseconds: waking them up takes longer, in
    # all a fifth of a training step on two cores.
    os.environ.setdefault('GOMP_SPINCOUNT', '10000')


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


def user_theano_settings() -> set[str]:
    """Names of the Theano settings that the user made, in either place, in lower case.

    In ``.theanorc``, as in any such file, ``floatX`` and ``floatx`` are the same.
    """
    files = configparser.RawConfigParser()
    files.read(
        os.path.expanduser(path)
        for path in os.environ.get('THEANORC', '~/.theanorc').split(os.pathsep)
    )
    settings = {
        key if section == 'global' else f'{section}.{key}'
        for section in files.sections()
        for key in files[section]
    }
    settings.update(
        flag.split('=')[0].strip().lower() for flag in os.environ.get('THEANO_FLAGS', '').split(',')
    )
    return settings


def set_theano_defaults(**defaults: str | bool) -> None:
    """Put ``defaults`` (dots written ``__``) before the user's own Theano flags."""
    given = user_theano_settings()
    defaults = {name.replace('__', '.'): value for name, value in defaults.items()}
    flags = [f'{name}={value}' for name, value in defaults.items() if name.lower() not in given]
    flags.append(os.environ.get('THEANO_FLAGS', ''))
    os.environ['THEANO_FLAGS'] = ','.join(filter(None, flags))
