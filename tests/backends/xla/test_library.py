"""JAX that is absent, too old, or newer than was tested."""

import sys
import unittest
from types import ModuleType
from unittest.mock import patch

import theano.tensor as T
from nose.tools import assert_in

from ift6266.backends import Backend
from ift6266.backends.xla import library
from tests.support import input_error


def message(jax):
    with patch.dict(sys.modules, jax=jax), patch.object(library, 'load', library.load.__wrapped__):
        from ift6266.backends.xla import mode

        with patch.object(mode, 'load', library.load):
            return input_error(Backend('xla').compile, [], T.constant(1))


def test_absent():
    text = message(None)
    for part in ('the backend xla cannot be had', 'make xla'):
        assert_in(part, text)


def test_too_old():
    jax = ModuleType('jax')
    jax.__version__ = '0.4.30'
    text = message(jax)
    for part in ('0.4.30', library.OLDEST, 'make xla'):
        assert_in(part, text)


class TestVersions(unittest.TestCase):
    def test_newer_than_tested(self):
        for version in ('0.99.0', '1.0', '1.0.0.dev20270101'):
            with self.assertLogs('ift6266.backends.xla', 'WARNING') as logs:
                library.check_version(version)
            (line,) = logs.output
            assert_in(version, line)

    def test_tested(self):
        with self.assertNoLogs('ift6266.backends.xla'):
            for version in (library.OLDEST, '0.11.2', library.NEWEST, library.NEWEST + '.1'):
                library.check_version(version)
