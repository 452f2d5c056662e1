"""The shims: what they restore, and that the user's own settings win."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

import theano

# Those of this process, so that no program of Theano's is compiled anew.
COMPILED = 'base_compiledir=' + theano.config.base_compiledir
SHOW = ('import json; import ift6266; from theano import config; '
        'print(json.dumps([config.floatX, config.blas.ldflags, config.openmp]))')


class TestCompat(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name

    def run_python(self, program, theanorc='', **variables):
        """What a program prints, as JSON, in a home with nothing but a .theanorc."""
        with open(os.path.join(self.home, '.theanorc'), 'w') as file:
            file.write(theanorc)
        environment = {name: value for name, value in os.environ.items()
                       if name not in ('THEANO_FLAGS', 'THEANORC')}
        output = subprocess.check_output(
            [sys.executable, '-c', program],
            env=dict(environment, HOME=self.home, **variables), stderr=subprocess.PIPE)
        return json.loads(output.decode())

    def test_defaults(self):
        floatX, ldflags, _ = self.run_python(SHOW, THEANO_FLAGS=COMPILED)
        self.assertEqual(floatX, 'float32')
        if sys.platform.startswith('linux'):
            self.assertRegex(ldflags, '^-L/.* -lopenblas')

    def test_theano_flags_win(self):
        self.assertEqual(
            self.run_python(SHOW, THEANO_FLAGS='floatX=float64, blas.ldflags=,openmp=True,'
                            + COMPILED),
            ['float64', '', True])

    def test_theanorc_wins(self):
        theanorc = '[global]\nfloatX = float64\nopenmp = True\n{}\n[blas]\nldflags =\n'
        self.assertEqual(self.run_python(SHOW, theanorc.format(COMPILED)), ['float64', '', True])

    def test_theanorc_elsewhere_and_flags_together(self):
        path = os.path.join(self.home, 'mine')
        with open(path, 'w') as file:
            file.write('[global]\nFLOATX = float64\n')
        floatX, ldflags, openmp = self.run_python(
            SHOW, '[global]\nopenmp = True\n', THEANORC=path + os.pathsep + '~/.theanorc',
            THEANO_FLAGS='blas.ldflags=,' + COMPILED)
        self.assertEqual([floatX, ldflags, openmp], ['float64', '', True])

    def test_importing_the_package_imports_nothing_heavy(self):
        loaded = self.run_python('import sys, json, ift6266; print(json.dumps(list(sys.modules)))')
        for name in ('theano', 'lasagne', 'fuel', 'numpy', 'scipy', 'h5py'):
            self.assertNotIn(name, loaded)

    def test_what_is_hardly_used_waits_until_it_is(self):
        program = ('import inspect, json, sys, ift6266, theano; '
                   'package = sys.modules["scipy.stats"]; '
                   'inspect.getmodule(inspect.currentframe()); before = "norm" in vars(package); '
                   '{}; print(json.dumps([before, "norm" in vars(package), '
                   'type(scipy.signal.convolve2d).__name__, scipy.stats.norm.cdf(0)]))')
        for use in ('import scipy.signal, scipy.stats', 'from scipy.stats import norm; import '
                    'scipy.signal', 'import scipy.stats.distributions, scipy.signal'):
            self.assertEqual(self.run_python(program.format(use), THEANO_FLAGS=COMPILED),
                             [False, True, 'function', 0.5])

    def test_functions_that_scipy_has_moved_are_found(self):
        self.assertEqual(self.run_python(
            'import json, ift6266; from scipy.signal.signaltools import fftconvolve; '
            'print(json.dumps(fftconvolve([1, 2], [1, 1]).round(9).tolist()))'), [1, 3, 2])

    def test_twice_is_as_once(self):
        self.assertIs(*self.run_python(
            'import json, os, ift6266; once = os.environ["THEANO_FLAGS"]; import importlib; '
            'importlib.reload(ift6266.compat); '
            'print(json.dumps([once == os.environ["THEANO_FLAGS"], True]))'))


def test_collections_have_their_old_names():
    import collections
    import collections.abc
    for name in ('Iterable', 'Mapping', 'Callable'):
        assert getattr(collections, name) is getattr(collections.abc, name)


def test_downsample_is_pooling_by_its_old_name():
    import numpy as np
    import theano.tensor as T
    from theano.tensor.signal import downsample
    pictures = np.arange(16.).reshape(1, 1, 4, 4)
    pooled = downsample.max_pool_2d(T.constant(pictures), (2, 2), ignore_border=True)
    with theano.change_flags(floatX='float64'):
        assert pooled.eval().tolist() == [[[[5, 7], [13, 15]]]]


def test_the_stack_can_be_imported():
    import fuel.datasets
    import fuel.transformers
    import lasagne.layers
    assert fuel.datasets.H5PYDataset and fuel.transformers.Mapping and lasagne.layers.InputLayer
