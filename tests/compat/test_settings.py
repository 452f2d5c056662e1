"""Theano's settings: ours where the user has none, and the user's own win."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

import theano

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
        self.assertIs(
            *self.run_python(
                'import json, os, ift6266; once = os.environ["THEANO_FLAGS"]; '
                'ift6266.compat.settings.apply(); '
                'print(json.dumps([once == os.environ["THEANO_FLAGS"], True]))'
            )
        )
