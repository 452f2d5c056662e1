"""The precompiled header: it is used, and Theano compiles without it where it cannot be."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest.mock import Mock, patch

import numpy
import theano
from nose.tools import assert_equal, assert_in

from ift6266.backends import headers
from tests.support import in_folder, require_compiler, write

needs_gcc = unittest.skipIf('g++' not in theano.config.cxx, 'no g++')


def processor_flags(first):
    """Those for this processor that Theano compiles with in a new process."""
    program = first + (
        '; from ift6266.backends import headers; print(*headers._elementwise_flags())'
    )
    flags = os.environ['THEANO_FLAGS'] + ',compiledir=' + theano.config.compiledir
    output = subprocess.check_output(
        [sys.executable, '-c', program], env=dict(os.environ, THEANO_FLAGS=flags)
    )
    return [flag for flag in output.decode().split() if flag.startswith('-m')]


@needs_gcc
def test_the_processor_is_known_where_the_header_is_there_already():
    headers.precompile_headers()
    program = 'from ift6266.backends.headers import precompile_headers; precompile_headers()'
    assert_equal(processor_flags(program), processor_flags('import ift6266'))


FLAGS = ['-O2']  # in place of those that Theano finds


@needs_gcc
@in_folder
def test_gcc_reads_the_precompiled_form(folder):
    """It says so in its list of included files: an exclamation mark before the name."""
    first = write(folder, 'first.h', b'#include <Python.h>\n#define WITHIN (BEFORE + 1)\n')
    program = write(folder, 'program.cpp', b'static_assert(WITHIN == 2, "first.h is included");')
    flags = first_time(folder, cxxflags='-DBEFORE=1 -include ' + first).split()
    header = flags[flags.index('-include') + 1]
    for form, more in ('plain', []), ('openmp', ['-fopenmp']):
        command = [
            theano.config.cxx,
            *FLAGS,
            *flags,
            *more,
            '-fvisibility=hidden',
            *('-I' + folder for folder in headers.std_include_dirs()),
            '-H',
            '-fsyntax-only',
            program,
        ]
        result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=True)
        assert_in(f'! {header}.gch/{form}', result.stderr)


def first_time(folder, **changes):
    """Call precompile_headers anew, with Theano's settings changed; gives the new flags."""
    with (
        patch.object(headers, 'theano', FakeTheano(folder, **changes)),
        patch.object(
            headers,
            '_elementwise_flags',
            lambda: FLAGS + headers.theano.config.gcc.cxxflags.split(),
        ),
    ):
        headers.precompile_headers.__wrapped__()
        return headers.theano.config.gcc.cxxflags


class FakeTheano:
    """Theano's settings in a new folder, which the real ones do not allow."""

    def __init__(self, folder, cxx=theano.config.cxx, cxxflags='-DBEFORE', version='1.0'):
        self.__version__ = version
        self.config = Mock(compiledir=folder, cxx=cxx)
        self.config.gcc.cxxflags = cxxflags
        self.config.cmodule.age_thresh_use = 60


COMPILER = """#!/bin/sh
if [ "$1" = --version ]; then echo "{}"; exit; fi
for output; do :; done
: > "$output"
"""


def compiler(folder, version='g++ 1.0'):
    """Path of a program that passes for a compiler; what it precompiles is empty."""
    path = Path(write(folder, 'bin/g++', COMPILER.format(version).encode()))
    path.chmod(0o755)
    return str(path)


class TestKey(unittest.TestCase):
    """There is a header for each of the things that it depends on."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.included = write(self.folder, 'first.h', b'')
        self.flags = '-DBEFORE -include ' + self.included
        self.before = self.header()

    def header(self, gcc='g++ 1.0', **changes):
        changes = {'cxxflags': self.flags, **changes}
        flags = first_time(self.folder, cxx=compiler(self.folder, gcc), **changes).split()
        return flags[flags.index('-include') + 1]

    def test_nothing_else(self):
        with patch.object(headers, '_precompile', side_effect=AssertionError('precompiled again')):
            self.assertEqual(self.header(), self.before)

    def test_something_else(self):
        found = [
            self.header(gcc='g++ 2.0'),
            self.header(version='1.1'),
            self.header(cxxflags=self.flags + ' -DMORE'),
        ]
        with patch.object(headers, 'HEADER', '#include <Python.h>'):
            found.append(self.header())
        with patch.object(numpy, '__version__', '3.0'):
            found.append(self.header())
        with patch.object(sys, 'version', '4.0'):
            found.append(self.header())
        with patch.object(headers, 'std_include_dirs', return_value=['/elsewhere']):
            found.append(self.header())
        write(self.folder, 'first.h', b'#define OTHER')
        found.append(self.header())
        self.assertEqual(len({self.before, *found}), 9)

    def test_theano_finds_out_its_flags_where_nothing_is_included(self):
        with patch.object(headers, '_precompile', side_effect=headers._precompile) as precompile:
            self.header(cxxflags=self.flags + ' -DMORE')
        self.assertIn('-DMORE', precompile.call_args[0][2])
        self.assertNotIn('-include', precompile.call_args[0][2])

    def test_another_process_is_first(self):
        def precompile(*arguments):
            precompile_really(*arguments)
            Path(arguments[0], 'first').touch()
            precompile_really(*arguments)

        precompile_really = headers._precompile
        with patch.object(headers, '_precompile', precompile):
            header = Path(self.header(cxxflags=''))
        self.assertEqual(sorted(os.listdir(header.parent)), ['first', 'theano.h', 'theano.h.gch'])
        self.assertEqual(len(os.listdir(header.parent.parent)), 2)

    def test_what_has_not_been_used_for_long_is_removed(self):
        used, unused = Path(self.before).parent, Path(self.header(cxxflags='')).parent
        for folder in used, unused:
            os.utime(folder, (0, 0))
        self.header()
        self.header(cxxflags='-DANOTHER')
        self.assertTrue(used.exists())
        self.assertFalse(unused.exists())


class TestFallback(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_compiler_that_fails(self):
        cxx = compiler(self.folder)
        Path(cxx).write_text('#!/bin/sh\necho broken >&2\nexit 1\n')
        with self.assertLogs('ift6266.backends', 'WARNING') as logs:
            self.assertEqual(first_time(self.folder, cxx=cxx), '-DBEFORE')
        self.assertIn('slowly', logs.output[0])
        self.assertEqual(os.listdir(os.path.join(self.folder, 'precompiled')), [])

    def test_compiler_that_is_not_there(self):
        with self.assertLogs('ift6266.backends', 'WARNING'):
            self.assertEqual(first_time(self.folder, cxx=self.folder + '/g++'), '-DBEFORE')

    def test_included_file_that_is_not_there(self):
        require_compiler()
        given = f'-DBEFORE -include {self.folder}/none.h'
        with self.assertLogs('ift6266.backends', 'WARNING') as logs:
            self.assertEqual(first_time(self.folder, cxxflags=given), given)
        self.assertIn('none.h', logs.output[0])

    def test_folder_that_cannot_be_written(self):
        Path(self.folder, 'precompiled').write_text('in the way')
        with self.assertLogs('ift6266.backends', 'WARNING'):
            self.assertEqual(first_time(self.folder, cxx='g++'), '-DBEFORE')

    def test_no_compiler_or_another(self):
        for cxx in ('', 'icpc'):
            self.assertEqual(first_time(self.folder, cxx=cxx), '-DBEFORE')
            self.assertEqual(os.listdir(self.folder), [])
