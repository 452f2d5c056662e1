"""How modules of Theano, Lasagne and Fuel are loaded: with stand-ins for what they import.

An ``import`` statement calls ``__import__`` of the builtins that its module has.  Modules of these
libraries get builtins of their own, whose ``__import__`` returns stand-ins: a ``numpy`` with the
names that it once had, a ``distutils`` where Python has none.  All other modules import the real
ones.
"""

import builtins
import importlib
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.machinery import PathFinder, SourceFileLoader
from types import ModuleType

from ift6266.errors import InputError

LIBRARIES = ('theano', 'lasagne', 'fuel', 'picklable_itertools')  # the last is Fuel's

_stand_ins = {}  # name of a module: function that makes its stand-in
_sources = {}  # name of a module: expressions in its source, and their replacements
_changes = {}  # name of a module: functions that change it once it is loaded
_settings = {}  # name of a library: function that makes a context for loading it
_made = {}

logger = logging.getLogger(__name__)


class View(ModuleType):
    """Another module with some names added or replaced."""

    def __init__(self, module: ModuleType, **names):
        super().__init__(module.__name__, module.__doc__)
        self.__dict__.update({**vars(module), **names}, _module=module)

    def __getattr__(self, name):  # what the module got later, a submodule for instance
        return getattr(self._module, name)


class Deferred(ModuleType):
    """A module that is imported when one of its attributes is used."""

    def __getattr__(self, name):
        if name.startswith('__'):  # inspect asks every module where it comes from
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def module(name: str, **names) -> ModuleType:
    """A module with these names, in place of one that is gone."""
    made = ModuleType(name, f'What Theano, Lasagne or Fuel use of {name}.')
    made.__dict__.update(names)
    return made


class Loader(SourceFileLoader):
    """Loads a module of the libraries."""

    def get_code(self, fullname):
        if fullname not in _sources and sys.flags.optimize < 2:
            return super().get_code(fullname)
        source = self.get_source(fullname)  # no bytecode, which other programs would load as well
        for old, new in _sources.get(fullname, {}).items():
            source = source.replace(old, new)
        return self.source_to_code(source, self.path)

    def source_to_code(self, data, path, **options):
        with warnings.catch_warnings():  # newer Pythons warn of invalid escape sequences
            warnings.simplefilter('ignore')
            if sys.flags.optimize == 2:  # -OO drops docstrings, which the libraries edit
                return compile(data, path, 'exec', dont_inherit=True, optimize=1)
            return super().source_to_code(data, path, **options)

    def exec_module(self, module):
        module.__builtins__ = dict(vars(builtins), __import__=import_module)
        with _starting(module.__name__):
            super().exec_module(module)
            for change in _changes.get(module.__name__, ()):
                change(module)


@contextmanager
def _starting(name: str) -> Iterator[None]:
    """Where a library is loaded: with its settings, and an InputError of one line if it fails.

    What is loaded of it then is removed, so that another import fails in the same way.
    """
    if name not in LIBRARIES:
        yield
        return
    try:
        with _settings.get(name, nullcontext)():
            yield
    except Exception as error:
        for loaded in [each for each in sys.modules if each.startswith(name + '.')]:
            del sys.modules[loaded]
        if isinstance(error, InputError | ModuleNotFoundError):
            raise
        logger.debug('%s cannot be imported', name, exc_info=True)
        reason = ' '.join(str(error).split()) or type(error).__name__
        raise InputError(f'{name.capitalize()} cannot start: {reason[:500]}') from None


class Finder:
    """Finds the libraries' modules, for :class:`Loader`."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Raise ModuleNotFoundError, which says what to do, where a library is not installed."""
        if name.partition('.')[0] not in LIBRARIES:
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None and name in LIBRARIES:
            raise ModuleNotFoundError(
                f'{name} is not installed: python -m ift6266.compat installs '
                'Theano, Lasagne and Fuel',
                name=name,
            )
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


def import_module(name, globals=None, locals=None, fromlist=(), level=0):
    """The ``__import__`` of the libraries' modules."""
    if level:
        return builtins.__import__(name, globals, locals, fromlist, level)
    found = _find(name)
    if not fromlist:
        return _find(name.partition('.')[0])
    for attribute in fromlist:  # a submodule, perhaps
        if not hasattr(found, attribute) and attribute != '*':
            builtins.__import__(name, globals, locals, fromlist)
    return found


def _find(name):
    """The module of that name, or its stand-in."""
    if name not in _made:
        make = _stand_ins.get(name)
        if make is None:
            return importlib.import_module(name)
        _made[name] = make()
    return _made[name]


def install(*modules: ModuleType) -> None:
    """From now on load the libraries with the stand-ins and changes of ``modules``.

    Each of these has one or more of the dicts

    - ``STAND_INS``: from names of modules to functions that make their stand-ins;
    - ``SOURCES``: from names of the libraries' modules to dicts of expressions in their sources
      and what replaces them;
    - ``CHANGES``: from names of the libraries' modules to lists of functions that are called with
      the module when it has been loaded;
    - ``SETTINGS``: from names of the libraries to functions that make a context, in which the
      library is loaded.

    Warnings that lines of the libraries use what Python or NumPy will remove are ignored.
    """
    for category in DeprecationWarning, FutureWarning, PendingDeprecationWarning, SyntaxWarning:
        warnings.filterwarnings('ignore', category=category, module=rf'({"|".join(LIBRARIES)})\b')
    for provider in modules:
        _stand_ins.update(getattr(provider, 'STAND_INS', {}))
        _sources.update(getattr(provider, 'SOURCES', {}))
        _changes.update(getattr(provider, 'CHANGES', {}))
        _settings.update(getattr(provider, 'SETTINGS', {}))
    if Finder not in sys.meta_path:
        sys.meta_path.insert(0, Finder)
