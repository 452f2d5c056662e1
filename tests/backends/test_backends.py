"""The choice of a backend, and what is said while Theano compiles."""
import subprocess
import sys
import unittest
from unittest.mock import patch

import numpy as np
import theano
import theano.tensor as T
from nose.tools import assert_in, assert_raises_regex

from ift6266 import backends
from ift6266.backends import BACKENDS, PRECISIONS, compile_function
from ift6266.backends.onednn.library import Unavailable
from tests.backends.xla.support import require_jax
from tests.support import input_error


def check_options(backend):
    if backend == 'xla':
        require_jax()
    x = T.fscalar('x')
    function = compile_function([x], x * 2, backend, 'doubling', mode='FAST_COMPILE')
    assert function(3) == 6 and function.name == 'doubling'


def test_each_backend_compiles_functions_with_theanos_options():
    for backend in BACKENDS:
        yield check_options, backend


def test_unknown_backend():
    with assert_raises_regex(ValueError, "'abacus'.*theano"):
        compile_function([], T.constant(1), 'abacus')


def test_says_what_is_compiled():

    with unittest.TestCase().assertLogs('ift6266.backends', 'INFO') as logs:
        compile_function([], T.constant(1), name='one', mode='FAST_COMPILE')
    assert [record.getMessage().split(',')[0] for record in logs.records][-2:] == [
        'compiling: one', 'compiled: one']


def compile_convolution(backend):
    """The names of its operations."""
    images = T.ftensor4()
    function = compile_function([images], T.nnet.conv2d(images, np.zeros((1, 1, 2, 2), 'f4')),
                                backend, 'convolution', mode=theano.Mode('py', 'fast_compile'))
    return [type(node.op).__name__ for node in function.maker.fgraph.apply_nodes]


def test_kernels_are_put_into_graphs():
    with patch('ift6266.backends.onednn.library.load'):
        for backend in ('auto', 'onednn'):
            assert_in('Convolution', compile_convolution(backend))


def check_fall_back(changes, unavailable, reason):
    x = T.fscalar()
    backends._say_once.cache_clear()
    with theano.change_flags(**changes), patch('ift6266.backends.onednn.library.load',
                                               side_effect=unavailable):
        with unittest.TestCase().assertLogs('ift6266.backends', 'INFO') as logs:
            for _ in range(2):
                compile_function([x], x, mode='FAST_COMPILE')
        message = input_error(compile_function, [x], x, 'onednn')
    said, = [line for line in logs.output if 'without' in line]
    for text in (said, message):
        assert_in(reason, text)


def test_where_the_kernels_cannot_run():
    yield check_fall_back, {}, Unavailable('a reason'), 'a reason'
    yield check_fall_back, {'floatX': 'float64'}, None, 'floatX=float32, not float64'


def test_names_are_known_without_theano():
    program = "import sys, ift6266.backends; sys.exit('theano' in sys.modules)"
    subprocess.run([sys.executable, '-c', program], check=True)


def test_bfloat16_takes_the_kernels():
    x = T.fscalar()
    assert_in('it is theano', input_error(compile_function, [x], x, 'theano',
                                          precision='bfloat16'))
    with patch('ift6266.backends.onednn.library.load', side_effect=Unavailable('a reason')):
        assert_in('a reason', input_error(compile_function, [x], x, 'auto', precision='bfloat16'))
    with assert_raises_regex(ValueError, "'float8'.*bfloat16"):
        compile_function([x], x, precision='float8')


def test_tf32_takes_xla():
    x = T.fscalar()
    for backend in ('auto', 'theano', 'onednn'):
        assert_in('tf32 takes the backend xla', input_error(compile_function, [x], x, backend,
                                                            precision='tf32'))


def test_precision_reaches_xla():
    require_jax()
    x = T.fscalar()
    for precision in PRECISIONS:
        function = compile_function([x], x, 'xla', precision=precision)
        assert function.maker.mode.linker.precision == precision


def test_precision_reaches_the_kernels():
    images = T.ftensor4()
    with patch('ift6266.backends.onednn.library.load'):
        function = compile_function([images], T.nnet.conv2d(images, np.zeros((1, 1, 2, 2), 'f4')),
                                    mode=theano.Mode('py', 'fast_compile'), precision='bfloat16')
    assert_in('bfloat16', [getattr(node.op, 'precision', None)
                           for node in function.maker.fgraph.apply_nodes])
