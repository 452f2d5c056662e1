"""The tests mirror the package; where there is no C++ compiler, those that take one are skipped."""

import signal
import unittest

from ift6266.backends import Backend  # before Theano, for its shims

# isort: split
import theano
from theano.gof import cmodule, vm

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell does so in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # tests send it


class NoCompiler(cmodule.MissingGXX, unittest.SkipTest):
    """What Theano raises where there is no compiler, which nose takes for a skipped test."""


def skip(*_, **__):
    raise NoCompiler('there is no C++ compiler')


def without_compiler(backend, decide=Backend._without_compiler):
    return decide(backend) if backend.name in ('auto', 'xla') else skip()


if not theano.config.cxx:
    cmodule.MissingGXX = NoCompiler
    vm.CVM = skip
    Backend._without_compiler = without_compiler
