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
from ift6266.backends import AUTO, BACKENDS, PRECISIONS, Backend
from ift6266.backends.cpu.library import Unavailable
from tests.backends.xla.support import require_jax
from tests.support import input_error, require_compiler


def check_options(backend):
    if backend == 'xla':
        require_jax()
    x = T.fscalar('x')
    function = Backend(backend).compile([x], x * 2, 'doubling', mode='FAST_COMPILE')
    assert function(3) == 6 and function.name == 'doubling'


def test_each_backend_compiles_functions_with_theanos_options():
    for backend in BACKENDS:
        yield check_options, backend


def test_unknown_backend():
    with assert_raises_regex(ValueError, "'abacus'.*theano"):
        Backend('abacus')


def test_the_name_that_it_had():
    assert Backend('onednn') == Backend('cpu')


def test_says_what_is_compiled():

    with unittest.TestCase().assertLogs('ift6266.backends', 'INFO') as logs:
        AUTO.compile([], T.constant(1), 'one', mode='FAST_COMPILE')
    assert [record.getMessage().split(',')[0] for record in logs.records][-2:] == [
        'compiling: one',
        'compiled: one',
    ]


def compile_convolution(backend):
    """Its operations."""
    images = T.ftensor4()
    function = backend.compile(
        [images],
        T.nnet.conv2d(images, np.zeros((1, 1, 2, 2), 'f4')),
        'convolution',
        mode=theano.Mode('py', 'fast_compile'),
    )
    return [node.op for node in function.maker.fgraph.apply_nodes]


def test_kernels_are_put_into_graphs():
    require_compiler()
    with patch('ift6266.backends.cpu.library.load'):
        for backend in ('auto', 'cpu'):
            assert_in(
                'Convolution',
                [type(operation).__name__ for operation in compile_convolution(Backend(backend))],
            )


def check_fall_back(changes, unavailable, reason):
    x = T.fscalar()
    backends._log_once.cache_clear()
    with (
        theano.change_flags(**changes),
        patch('ift6266.backends.cpu.library.load', side_effect=unavailable),
    ):
        with unittest.TestCase().assertLogs('ift6266.backends', 'INFO') as logs:
            for _ in range(2):
                AUTO.compile([x], x, mode='FAST_COMPILE')
        message = input_error(Backend('cpu').compile, [x], x)
    (said,) = [line for line in logs.output if 'without' in line]
    for text in (said, message):
        assert_in(reason, text)


def test_where_the_kernels_cannot_run():
    yield check_fall_back, {}, Unavailable('a reason'), 'a reason'
    yield check_fall_back, {'floatX': 'float64'}, None, 'floatX=float32, not float64'


def test_names_are_known_without_theano():
    program = "import sys, ift6266.backends; sys.exit('theano' in sys.modules)"
    subprocess.run([sys.executable, '-c', program], check=True)


def test_a_disk_that_is_full_while_theano_compiles():
    x = T.fscalar()
    with patch('theano.function', side_effect=RuntimeError('many\nlines')):
        with patch('ift6266.compat.cache.why_unusable', return_value='No space left on device'):
            message = input_error(AUTO.compile, [x], x)
        assert_in(theano.config.compiledir + ': No space left on device', message)
        with assert_raises_regex(RuntimeError, 'many'):
            AUTO.compile([x], x)


def test_half_precision_of_theanos_is_refused():
    x = T.fscalar()
    with theano.change_flags(floatX='float16'):
        assert_in('floatX=float16', input_error(AUTO.compile, [x], x))


def test_bfloat16_takes_the_kernels():
    x = T.fscalar()
    assert_in('it is theano', input_error(Backend('theano', 'bfloat16').compile, [x], x))
    with patch('ift6266.backends.cpu.library.load', side_effect=Unavailable('a reason')):
        assert_in('a reason', input_error(Backend('auto', 'bfloat16').compile, [x], x))
    with assert_raises_regex(ValueError, "'float8'.*bfloat16"):
        Backend(precision='float8')


def test_tf32_takes_xla():
    require_compiler()
    x = T.fscalar()
    for backend in ('auto', 'theano', 'cpu'):
        assert_in(
            'tf32 needs the backend xla', input_error(Backend(backend, 'tf32').compile, [x], x)
        )


def test_precision_reaches_xla():
    require_jax()
    x = T.fscalar()
    for precision in PRECISIONS:
        function = Backend('xla', precision).compile([x], x)
        assert function.maker.mode.linker.precision == precision


def test_precision_reaches_the_kernels():
    require_compiler()
    with patch('ift6266.backends.cpu.library.load'):
        precisions = [
            getattr(operation, 'precision', None)
            for operation in compile_convolution(Backend(precision='bfloat16'))
        ]
    assert_in('bfloat16', precisions)
