"""The stand-ins: the libraries import them, and nothing else does."""

import collections
import importlib
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import fuel.schemes
import numpy as np
import theano.tensor

from ift6266.compat import importing
from tests.support import PROJECT


class TestImporting(unittest.TestCase):
    def test_only_the_libraries_see_stand_ins(self):
        self.assertIs(theano.tensor.basic.np.complex, complex)
        self.assertTrue(issubclass(list, fuel.schemes.Iterable))
        for name in 'complex', 'product', 'cast', 'distutils', 'sctype2char':
            self.assertFalse(hasattr(np, name), name)
        self.assertFalse(hasattr(collections, 'Iterable'))
        self.assertIsNot(theano.tensor.basic.np, np)

    def test_a_view_shows_the_module_itself(self):
        view = theano.tensor.basic.np
        self.assertIs(view.ndarray, np.ndarray)
        self.assertIs(view.random, np.random)
        with mock.patch.object(np, 'added_later', 1, create=True):
            self.assertEqual(view.added_later, 1)
        self.assertFalse(hasattr(view, 'added_later'))

    def test_imports_within_functions(self):
        namespace = {'__builtins__': {'__import__': importing.import_module}}
        exec(
            'def find():\n'
            '    import numpy.distutils.__config__ as config\n'
            '    from numpy.distutils.misc_util import get_numpy_include_dirs\n'
            '    import os.path\n'
            '    from collections import Mapping, OrderedDict\n'
            '    return config.blas_opt_info, get_numpy_include_dirs(), os.path, Mapping\n',
            namespace,
        )
        nothing, folders, path, mapping = namespace['find']()
        self.assertEqual((nothing, folders), ({}, [np.get_include()]))
        self.assertTrue(path.exists(folders[0]))
        self.assertTrue(issubclass(dict, mapping))

    def test_a_missing_library_is_named_with_the_command_that_installs_it(self):
        with mock.patch.object(importing.PathFinder, 'find_spec', return_value=None):
            with self.assertRaisesRegex(ModuleNotFoundError, 'lasagne .*python -m ift6266.compat'):
                importing.Finder.find_spec('lasagne')
            self.assertIsNone(importing.Finder.find_spec('lasagne.unknown'))

    def test_a_deferred_module_is_imported_by_its_use(self):
        name = 'wsgiref.simple_server'
        sys.modules.pop(name, None)
        deferred = importing.Deferred(name)
        self.assertFalse(hasattr(deferred, '__file__'))
        self.assertNotIn(name, sys.modules)
        self.assertIs(deferred.WSGIServer, importlib.import_module(name).WSGIServer)

    def test_a_library_that_cannot_start_says_why_in_one_line_each_time(self):
        program = (
            'import ift6266\n'
            'for _ in range(2):\n'
            '    try:\n'
            '        import lasagne\n'
            '    except ift6266.errors.InputError as error:\n'
            '        print(error)\n'
        )
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder, 'lasagne')
            package.mkdir()
            (package / '__init__.py').write_text('from lasagne import settings')
            (package / 'settings.py').write_text('raise ValueError("no\\n such")')
            output = subprocess.check_output(
                [sys.executable, '-c', program],
                env={**os.environ, 'PYTHONPATH': folder + os.pathsep + str(PROJECT)},
                text=True,
            )
        self.assertEqual(output, 2 * 'Lasagne cannot start: no such\n')

    def test_the_libraries_keep_their_docstrings(self):
        """Theano adds to its own."""
        program = (
            'import ift6266, picklable_itertools.simple as theirs\n'
            'print([bool(each.__doc__) for each in (ift6266, theirs.compress)])'
        )
        output = subprocess.check_output([sys.executable, '-OO', '-c', program], text=True)
        self.assertEqual(output, '[False, True]\n')


def test_importing_the_libraries_warns_of_nothing_and_takes_nothing_heavy():
    """All of it compiled anew, as where no bytecode can be written."""
    result = subprocess.run(
        [
            sys.executable,
            '-W',
            'always',
            '-B',
            '-X',
            'pycache_prefix=/nowhere',
            '-c',
            'import sys, ift6266, lasagne, fuel.datasets, fuel.transformers; '
            'print([name for name in ("scipy.stats", "scipy.signal", "tables") '
            'if name in sys.modules])',
        ],
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stderr, result.stdout) == (0, '', '[]\n'), result
