"""JAX that is absent, or another than the backend takes."""
import sys
from types import ModuleType
from unittest.mock import patch

from nose.tools import assert_in
import theano.tensor as T

from ift6266.backends import compile_function
from ift6266.backends.xla import library
from tests.support import input_error


def message(jax):
    with patch.dict(sys.modules, jax=jax), \
            patch.object(library, 'load', library.load.__wrapped__):
        from ift6266.backends.xla import mode
        with patch.object(mode, 'load', library.load):
            return input_error(compile_function, [], T.constant(1), 'xla')


def test_absent():
    text = message(None)
    for part in ('the backend xla cannot be had', 'make xla'):
        assert_in(part, text)


def test_of_another_version():
    jax = ModuleType('jax')
    jax.__version__ = '0.5.0'
    assert_in('0.5.0', message(jax))
