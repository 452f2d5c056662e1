"""Theano's settings: ours where the user has none, and the user's own win."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import theano

from ift6266.compat import settings
from tests.support import input_error

# Those of this process, so that no program of Theano's is compiled anew.
COMPILED = 'base_compiledir=' + theano.config.base_compiledir
SHOW = (
    'import json; import ift6266; from theano import config; '
    'print(json.dumps([config.floatX, config.blas.ldflags, config.openmp]))'
)


class TestSettings(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name

    def run_python(self, program, theanorc='', **variables):
        """What a program prints, as JSON, in a home with nothing but a .theanorc."""
        with open(os.path.join(self.home, '.theanorc'), 'w') as file:
            file.write(theanorc)
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ('THEANO_FLAGS', 'THEANORC')
        }
        output = subprocess.check_output(
            [sys.executable, '-c', program],
            env=dict(environment, HOME=self.home, **variables),
            stderr=subprocess.PIPE,
        )
        return json.loads(output.decode())

    def test_defaults(self):
        floatX, ldflags, _ = self.run_python(SHOW, THEANO_FLAGS=COMPILED)
        self.assertEqual(floatX, 'float32')
        if sys.platform.startswith('linux'):
            self.assertRegex(ldflags, '^-L/.* -lscipy_openblas.* -Dsgemm_=scipy_sgemm_')

    def test_theano_flags_win(self):
        self.assertEqual(
            self.run_python(
                SHOW, THEANO_FLAGS='floatX=float64, blas.ldflags=,openmp=True,' + COMPILED
            ),
            ['float64', '', True],
        )

    def test_theanorc_wins(self):
        theanorc = '[global]\nfloatX = float64\nopenmp = True\n{}\n[blas]\nldflags =\n'
        self.assertEqual(self.run_python(SHOW, theanorc.format(COMPILED)), ['float64', '', True])

    def test_theanorc_elsewhere_and_flags_together(self):
        path = os.path.join(self.home, 'mine')
        with open(path, 'w') as file:
            file.write('[global]\nFLOATX = float64\n')
        floatX, ldflags, openmp = self.run_python(
            SHOW,
            '[global]\nopenmp = True\n',
            THEANORC=path + os.pathsep + '~/.theanorc',
            THEANO_FLAGS='blas.ldflags=,' + COMPILED,
        )
        self.assertEqual([floatX, ldflags, openmp], ['float64', '', True])

    def test_without_a_compiler_nothing_is_compiled_and_nobody_warned(self):
        errors = (
            'import contextlib, io, json\n'
            'with contextlib.redirect_stderr(io.StringIO()) as errors:\n'
            '    import ift6266, theano\n'
            'print(json.dumps([theano.config.cxx, errors.getvalue()]))'
        )
        self.assertEqual(self.run_python(errors, THEANO_FLAGS=COMPILED, PATH=''), ['', ''])

    def test_importing_the_package_imports_nothing_heavy(self):
        loaded = self.run_python('import sys, json, ift6266; print(json.dumps(list(sys.modules)))')
        for name in ('theano', 'lasagne', 'fuel', 'numpy', 'scipy', 'h5py'):
            self.assertNotIn(name, loaded)

    def test_programs_are_kept_apart_by_the_numpy_that_they_are_for(self):
        compiledir, version = self.run_python(
            'import json, ift6266, numpy, theano; '
            'print(json.dumps([theano.config.compiledir, numpy.__version__]))',
            THEANO_FLAGS=COMPILED,
        )
        self.assertIn('numpy' + version, compiledir)

    def test_no_compiler_and_no_headers(self):
        show = (
            'import json, sysconfig; {}; import ift6266; import theano; '
            'print(json.dumps(theano.config.cxx))'
        )
        self.assertEqual(self.run_python(show.format('pass'), PATH=self.home), '')
        self.assertEqual(
            self.run_python(show.format('sysconfig.get_path = lambda name: "/nowhere"')), ''
        )

    def test_twice_is_as_once(self):
        with mock.patch.dict(os.environ, HOME=self.home, THEANO_FLAGS='floatX=float64'):
            found = []
            for _ in range(2):
                settings.set_theano_flags(floatX='float32', openmp=True)
                found.append(os.environ['THEANO_FLAGS'])
        self.assertEqual(found, 2 * ['openmp=True,floatX=float64'])

    def user_settings(self, theanorc, **variables):
        """What is read of a .theanorc of these bytes."""
        Path(self.home, '.theanorc').write_bytes(theanorc)
        variables = {'THEANO_FLAGS': '', 'THEANORC': '~/.theanorc', **variables}
        with mock.patch.dict(os.environ, HOME=self.home, **variables):
            return settings.user_theano_settings()

    def test_encodings_of_theanorc(self):
        text = '[global]\r\n# réglages\r\nfloatX = float64\r\n'
        for encoding in 'utf-8', 'utf-8-sig', 'latin-1', 'utf-16':
            self.assertEqual(self.user_settings(text.encode(encoding)), {'floatx': 'float64'})

    def test_theano_reads_what_is_read_here(self):
        with open(os.path.join(self.home, 'mine'), 'wb') as file:
            file.write('[global]\n# réglages\nfloatX = float64\n'.encode('latin-1'))
        floatX, *_ = self.run_python(
            SHOW, THEANORC=os.path.join(self.home, 'mine'), THEANO_FLAGS=COMPILED
        )
        self.assertEqual(floatX, 'float64')

    def test_damaged_settings_are_named_with_the_way_out(self):
        for damaged in (
            b'floatX = float32\n',
            b'[global]\nfloatX = float32\nfloatX = float64\n',
            b'[global\n',
            b'\0\xff\xfe',
        ):
            message = input_error(self.user_settings, damaged)
            self.assertIn(os.path.join(self.home, '.theanorc'), message)
            self.assertIn('THEANORC=', message)
        self.assertEqual(self.user_settings(damaged, THEANORC=''), {})
        self.assertIn(
            'THEANO_FLAGS', input_error(self.user_settings, b'', THEANO_FLAGS='floatX="float32')
        )

    def test_a_gpu_of_old(self):
        for name, value in (('device', 'gpu'), ('device', 'cuda0'), ('init_gpu_device', 'gpu1')):
            with mock.patch.dict(os.environ, HOME=self.home, THEANO_FLAGS=f'{name}={value}'):
                with self.assertLogs('ift6266.compat.settings', 'WARNING') as logs:
                    settings.set_theano_flags()
                *_, last = os.environ['THEANO_FLAGS'].split(',')
            self.assertEqual(last, f'{name}={settings.ON_THE_CPU[name]}')
            (line,) = logs.output
            self.assertIn(f'{name}={value} is left out', line)

    def test_a_gpu_where_there_is_the_package_for_it(self):
        with mock.patch.dict(os.environ, HOME=self.home, THEANO_FLAGS='device=cuda0'):
            with mock.patch('importlib.util.find_spec'):
                settings.set_theano_flags()
            self.assertEqual(os.environ['THEANO_FLAGS'], 'device=cuda0')

    def test_numbers_of_threads(self):
        for threads, first in (('4', '4'), ('4,2', '4'), (' 3 , 2,1', '3')):
            self.assertEqual(settings.first_number(threads), first)
        for wrong in 'abc', '4,', '-1', '1.5':
            self.assertIn(f'OMP_NUM_THREADS={wrong}', input_error(settings.first_number, wrong))

    def test_a_list_of_threads_stays_as_it_was(self):
        show = 'import json, os, ift6266, theano; print(json.dumps(os.environ["OMP_NUM_THREADS"]))'
        found = self.run_python(show, OMP_NUM_THREADS='2,1', THEANO_FLAGS=COMPILED)
        self.assertEqual(found, '2,1')
