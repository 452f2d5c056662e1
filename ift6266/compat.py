"""Shims that let Theano 1.0.5, Lasagne 0.1 and Fuel 0.2 run on Python 3.8 to 3.11.

Imported by ``ift6266/__init__.py`` before anything else of the package; it
imports none of the three itself, so it costs no time.  What the user has set in
``THEANO_FLAGS`` or in ``.theanorc`` wins over what is set here.
"""
import collections
import collections.abc
import configparser
import importlib.abc
import importlib.util
import os
import sys
import types
from importlib.machinery import PathFinder
from pathlib import Path


def restore_collections_aliases():
    """Python 3.10 removed ``collections.Iterable`` and siblings; Fuel reads them."""
    for name in collections.abc.__all__:
        if not hasattr(collections, name):
            setattr(collections, name, getattr(collections.abc, name))


def restore_downsample_module():
    """Theano 1.0 renamed ``downsample.max_pool_2d``; Lasagne imports it by the old name."""
    name = 'theano.tensor.signal.downsample'
    if name not in sys.modules:
        module = types.ModuleType(name, 'The name that pool.pool_2d had before Theano 1.0.')

        def max_pool_2d(*args, **kwargs):
            from theano.tensor.signal.pool import pool_2d
            return pool_2d(*args, **kwargs)

        module.max_pool_2d = max_pool_2d
        sys.modules[name] = module


class Deferred(importlib.abc.Loader):
    """Loads a package when something of it is asked for: a part, or anything it defines.

    :class:`importlib.util.LazyLoader` does so too, but already when somebody asks where the
    package comes from, and :mod:`inspect` asks that of all that are imported.
    """

    def __init__(self, loader):
        self.loader = loader

    def exec_module(self, package):
        path = package.__dict__.pop('__path__')  # to import a part of it is to ask for this

        def load(name):
            del package.__getattr__
            package.__path__ = path
            self.loader.exec_module(package)
            return getattr(package, name)

        package.__getattr__ = load


class DeferringFinder:
    """Defers packages that are imported at every start and hardly ever used."""

    packages = ('scipy.stats',  # by Theano, for one operation
                'tables')       # by Fuel, for files of a kind that nothing here reads

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in cls.packages:
            spec = PathFinder.find_spec(name, path)
            if spec is not None:
                spec.loader = Deferred(spec.loader)
            return spec


def defer_imports():
    """Halve the time that it takes to import Theano and Fuel."""
    sys.meta_path.insert(0, DeferringFinder)
    # Theano looks here for private functions, which SciPy has moved, and does without them.  The
    # real module says where the others are now, and takes all of SciPy with it.
    name = 'scipy.signal.signaltools'
    moved = types.ModuleType(name, 'What SciPy 1.8 has moved.')
    moved.__getattr__ = moved_function
    sys.modules.setdefault(name, moved)


def moved_function(name):
    """What other programs ask of SciPy's former module."""
    if name.startswith('_'):
        raise AttributeError(name)
    return getattr(importlib.import_module('scipy.signal'), name)


def blas_ldflags():
    """Linker flags of the OpenBLAS that SciPy's wheels carry, or ``''``.

    Theano's own search for a BLAS reads what NumPy 1.22 no longer tells.  With
    ``''`` Theano multiplies matrices by calls to NumPy: slower, but right.
    """
    scipy = importlib.util.find_spec('scipy')
    if scipy is None or not sys.platform.startswith('linux'):
        return ''
    folder = Path(scipy.origin).parent.parent / 'scipy.libs'
    for library in sorted(folder.glob('libopenblas*.so')):
        flags = '-L{} -l{}'.format(folder, library.stem[len('lib'):])
        if len(flags.split()) == 2 and ',' not in flags:  # Theano splits at both
            return flags
    return ''


def user_theano_settings():
    """Names of the Theano settings that the user made, in either place, in small letters.

    In ``.theanorc``, as in any such file, ``floatX`` and ``floatx`` are the same.
    """
    files = configparser.RawConfigParser()
    files.read(os.path.expanduser(path) for path in
               os.environ.get('THEANORC', '~/.theanorc').split(os.pathsep))
    settings = {key if section == 'global' else '{}.{}'.format(section, key)
                for section in files.sections() for key in files[section]}
    settings.update(flag.split('=')[0].strip().lower() for flag in
                    os.environ.get('THEANO_FLAGS', '').split(','))
    return settings


def set_theano_defaults(**defaults):
    """Put ``defaults`` (dots written ``__``) before the user's own Theano flags."""
    given = user_theano_settings()
    defaults = {name.replace('__', '.'): value for name, value in defaults.items()}
    flags = ['{}={}'.format(name, value)
             for name, value in defaults.items() if name.lower() not in given]
    flags.append(os.environ.get('THEANO_FLAGS', ''))
    os.environ['THEANO_FLAGS'] = ','.join(filter(None, flags))


restore_collections_aliases()
restore_downsample_module()
defer_imports()
# Theano leaves OpenMP off for the sake of convolutions that it no longer has; for those it has
# now it takes a third off a training step on two cores.  Threads that spin while they wait would
# slow down whatever else runs.
set_theano_defaults(floatX='float32', blas__ldflags=blas_ldflags(),
                    openmp=sys.platform.startswith('linux'))
os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
# Between two kernels they may, for some microseconds: waking them up takes longer, a fifth of a
# training step in all.
os.environ.setdefault('GOMP_SPINCOUNT', '10000')
