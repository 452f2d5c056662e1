"""How modules of Theano, Lasagne and Fuel are loaded: with stand-ins for what they import.

An ``import`` statement calls ``__import__`` of the builtins that its module has.  Modules of these
libraries are given builtins of their own, whose ``__import__`` hands them stand-ins: a ``numpy``
with the names that it once had, a ``distutils`` where Python has none.  Whatever else runs in the
process imports the real ones.
"""

import builtins
import importlib
import sys
import warnings
from importlib.machinery import PathFinder, SourceFileLoader
from types import ModuleType

LIBRARIES = ('theano', 'lasagne', 'fuel', 'picklable_itertools')  # the last is Fuel's

_stand_ins = {}  # name of a module: function that makes what stands in for it
_sources = {}  # name of a module: expressions of its source, and what they are today
_changes = {}  # name of a module: functions of it that change it once it is loaded
_made = {}


class View(ModuleType):
    """A module that shows another one, with some names more or other ones."""

    def __init__(self, module, **names):
        super().__init__(module.__name__, module.__doc__)
        self.__dict__.update({**vars(module), **names}, _module=module)

    def __getattr__(self, name):  # what came into the module later, a submodule for instance
        return getattr(self._module, name)


class Deferred(ModuleType):
    """A module that is imported when something of it is asked for."""

    def __getattr__(self, name):
        if name.startswith('__'):  # inspect asks every module where it comes from
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


def module(name, **names):
    """A module of its own, for one that is gone."""
    made = ModuleType(name, f'What Theano, Lasagne or Fuel use of {name}.')
    made.__dict__.update(names)
    return made


class Loader(SourceFileLoader):
    """Loads a module of the libraries."""

    def get_code(self, fullname):
        if fullname not in _sources:
            return super().get_code(fullname)
        source = self.get_source(fullname)  # and no bytecode, which others would take as well
        for old, new in _sources[fullname].items():
            source = source.replace(old, new)
        return self.source_to_code(source, self.path)

    def source_to_code(self, data, path, **options):
        with warnings.catch_warnings():  # of escape sequences that Python has grown to mind
            warnings.simplefilter('ignore')
            return super().source_to_code(data, path, **options)

    def exec_module(self, module):
        module.__builtins__ = dict(vars(builtins), __import__=import_module)
        super().exec_module(module)
        for change in _changes.get(module.__name__, ()):
            change(module)


class Finder:
    """Finds the libraries' modules, for :class:`Loader`."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Raises ModuleNotFoundError, which says what to do, where a library is not installed."""
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
    """``__import__`` as the libraries' modules see it."""
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
    """The module of that name, or what stands in for it."""
    if name not in _made:
        make = _stand_ins.get(name)
        if make is None:
            return importlib.import_module(name)
        _made[name] = make()
    return _made[name]


def install(stand_ins, sources, changes):
    """From now on load the libraries' modules with stand-ins, and change them after that.

    What Python and NumPy are going to take away concerns nobody who uses the libraries: those
    warnings of their modules' lines are ignored, and others are not.

    Parameters
    ----------
    stand_ins : list of modules
        Each has a dict ``STAND_INS``: a function for each name of a module that stands in for it.
    sources : list of modules
        Each has a dict ``SOURCES``: for each name of a module of the libraries expressions of its
        source, a dict, with those that take their places.
    changes : list of modules
        Each has a dict ``CHANGES``: a list of functions for each name of a module of the
        libraries, which they are given when it has been loaded.
    """
    for category in DeprecationWarning, FutureWarning, PendingDeprecationWarning, SyntaxWarning:
        warnings.filterwarnings('ignore', category=category, module=rf'({"|".join(LIBRARIES)})\b')
    for part in stand_ins:
        _stand_ins.update(part.STAND_INS)
    for part in sources:
        _sources.update(part.SOURCES)
    for part in changes:
        _changes.update(part.CHANGES)
    if Finder not in sys.meta_path:
        sys.meta_path.insert(0, Finder)
