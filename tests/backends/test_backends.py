"""The choice of a backend, and what is said while Theano compiles."""
import unittest

import theano.tensor as T
from nose.tools import assert_raises_regex

from ift6266.backends import BACKENDS, compile_function


def test_each_backend_compiles_functions_with_theanos_options():
    for backend in BACKENDS:
        x = T.dscalar('x')
        function = compile_function([x], x * 2, backend, 'doubling', mode='FAST_COMPILE')
        assert function(3) == 6 and function.name == 'doubling'


def test_unknown_backend():
    with assert_raises_regex(ValueError, "'abacus'.*theano"):
        compile_function([], T.constant(1), 'abacus')


def test_says_what_is_compiled():

    with unittest.TestCase().assertLogs('ift6266.backends', 'INFO') as logs:
        compile_function([], T.constant(1), name='one', mode='FAST_COMPILE')
    assert [record.getMessage().split(',')[0] for record in logs.records][-2:] == [
        'compiling: one', 'compiled: one']
