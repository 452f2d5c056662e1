"""What Python has removed or moved."""

import collections.abc
import importlib.metadata
import importlib.util
import shutil
import sysconfig
from types import ModuleType, SimpleNamespace

from ift6266.compat.importing import View, module


def collections_with_abstract_classes() -> ModuleType:
    """Python 3.10 moved ``collections.Iterable`` and its siblings; fuel/schemes.py:2."""
    return View(
        collections, **{name: getattr(collections.abc, name) for name in collections.abc.__all__}
    )


def distutils() -> ModuleType:
    """Python 3.12 has no distutils; theano/gof/cmodule.py:20 and configdefaults.py:531."""
    return module('distutils', sysconfig=_sysconfig(), spawn=_spawn())


def _sysconfig():
    def get_python_inc(plat_specific=False):
        return sysconfig.get_path('platinclude' if plat_specific else 'include')

    def get_python_lib(plat_specific, standard_lib):
        return sysconfig.get_path('platstdlib')

    return module(
        'distutils.sysconfig',
        get_config_var=sysconfig.get_config_var,
        get_config_h_filename=sysconfig.get_config_h_filename,
        get_python_inc=get_python_inc,
        get_python_lib=get_python_lib,
        get_python_version=sysconfig.get_python_version,
    )


def _spawn():
    return module('distutils.spawn', find_executable=shutil.which)


def imp() -> ModuleType:
    """Python 3.12 has no imp; theano/tests/breakpoint.py:121 searches for a debugger with it."""
    return module('imp', find_module=importlib.util.find_spec)


def pkg_resources() -> ModuleType:
    """Setuptools 82 has no pkg_resources; lasagne/__init__.py:27 asks it for its own version.

    So does picklable_itertools/__init__.py:30, and for its own folder.
    """

    def get_distribution(name):
        found = importlib.metadata.distribution(name)
        return SimpleNamespace(version=found.version, location=str(found.locate_file('')))

    return module(
        'pkg_resources',
        get_distribution=get_distribution,
        DistributionNotFound=importlib.metadata.PackageNotFoundError,
    )


STAND_INS = {
    'collections': collections_with_abstract_classes,
    'distutils': distutils,
    'distutils.sysconfig': _sysconfig,
    'distutils.spawn': _spawn,
    'imp': imp,
    'pkg_resources': pkg_resources,
}
