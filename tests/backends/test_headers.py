"""The precompiled header: it is used, and Theano compiles without it where it cannot be."""
import os
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import theano
from nose.tools import assert_equal, assert_in

from ift6266.backends import headers

needs_gcc = unittest.skipIf('g++' not in theano.config.cxx, 'no g++')


def processor_flags(first):
    """Those for this processor that Theano compiles with in a new process."""
    program = first + ('; from ift6266.backends import headers; '
                       'print(*headers._elementwise_flags())')
    flags = os.environ['THEANO_FLAGS'] + ',compiledir=' + theano.config.compiledir
    output = subprocess.check_output([sys.executable, '-c', program],
                                     env=dict(os.environ, THEANO_FLAGS=flags))
    return [flag for flag in output.decode().split() if flag.startswith('-m')]


@needs_gcc
def test_the_processor_is_known_where_the_header_is_there_already():
    headers.precompile_headers()
    assert Path(theano.config.compiledir, 'precompiled', 'theano.h.gch', 'openmp').exists()
    program = 'from ift6266.backends.headers import precompile_headers; precompile_headers()'
    assert_equal(processor_flags(program), processor_flags('import ift6266'))


@needs_gcc
def test_gcc_reads_the_precompiled_form():
    """It says so in its list of included files: an exclamation mark before the name."""
    headers.precompile_headers()
    header = str(Path(theano.config.compiledir, 'precompiled', 'theano.h'))
    flags = [flag for flag in headers._elementwise_flags() if flag != '-fopenmp']
    assert_in('-include', flags)
    for form, more in ('plain', []), ('openmp', ['-fopenmp']):
        command = [theano.config.cxx, *flags, *more, '-fvisibility=hidden',
                   *('-I' + folder for folder in headers.std_include_dirs()),
                   '-H', '-fsyntax-only', '-x', 'c++', os.devnull]
        result = subprocess.run(command, stderr=subprocess.PIPE, universal_newlines=True,
                                check=True)
        assert_in('! {}.gch/{}'.format(header, form), result.stderr)


def first_time(folder, **changes):
    """Call precompile_headers anew, with Theano's settings changed; gives the new flags."""
    with patch.object(headers, 'theano', FakeTheano(folder, **changes)):
        headers.precompile_headers.__wrapped__()
        return headers.theano.config.gcc.cxxflags


class FakeTheano:
    """Theano's settings in a new folder, which the real ones do not allow."""

    def __init__(self, folder, cxx=theano.config.cxx):
        self.tensor, self.gof = theano.tensor, theano.gof
        self.config = type('config', (), {})()
        self.config.compiledir, self.config.cxx = folder, cxx
        self.config.gcc = type('gcc', (), {'cxxflags': '-DBEFORE'})()


class TestFallback(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_compiler_that_fails(self):
        compiler = Path(self.folder, 'g++')
        compiler.write_text('#!/bin/sh\necho broken >&2\nexit 1\n')
        compiler.chmod(compiler.stat().st_mode | stat.S_IXUSR)
        with self.assertLogs('ift6266.backends', 'WARNING') as logs:
            self.assertEqual(first_time(self.folder, cxx=str(compiler)), '-DBEFORE')
        self.assertIn('slowly', logs.output[0])
        self.assertFalse([path for path in Path(self.folder).rglob('*') if path.is_file()
                          and path not in (compiler, Path(self.folder, 'precompiled/theano.h'))])

    def test_compiler_that_is_not_there(self):
        with self.assertLogs('ift6266.backends', 'WARNING'):
            self.assertEqual(first_time(self.folder, cxx=self.folder + '/g++'), '-DBEFORE')

    def test_folder_that_cannot_be_written(self):
        Path(self.folder, 'precompiled').write_text('in the way')
        with self.assertLogs('ift6266.backends', 'WARNING'):
            self.assertEqual(first_time(self.folder, cxx='g++'), '-DBEFORE')

    def test_no_compiler_or_another(self):
        for cxx in ('', 'icpc'):
            self.assertEqual(first_time(self.folder, cxx=cxx), '-DBEFORE')
            self.assertEqual(os.listdir(self.folder), [])
