"""What Theano compiles is found by other processes, and constants need no programs."""

import ast
import os
import subprocess
import sys
import unittest
from unittest.mock import Mock, patch

import numpy as np
import theano
import theano.tensor as T
from nose.tools import assert_equal
from theano.gof import FunctionGraph, Op, cmodule
from theano.tensor.opt import topo_constant_folding

from ift6266.backends.programs import announce_compilation, compile_less, log_compilation
from tests.support import require_compiler

VERSIONS = """
import ift6266, theano, theano.tensor as T
from theano.gof import CLinker, FunctionGraph
from ift6266.backends.programs import compile_less
compile_less()
x, size = T.fmatrix(), T.lscalar()
for inputs, output in (([x], x.dimshuffle(1, 'x', 0)), ([x, size], T.alloc(x, size, size, size)),
                       ([x], T.blas._dot22(x, x)), ([size], T.scalar_from_tensor(size))):
    print(CLinker().accept(FunctionGraph(inputs, [output])).cmodule_key()[0])
"""


def versions(seed):
    """Of some operations, in the key of the programs that are kept, by a process of its own."""
    flags = os.environ['THEANO_FLAGS'] + ',compiledir=' + theano.config.compiledir
    output = subprocess.check_output(
        [sys.executable, '-c', VERSIONS],
        universal_newlines=True,
        env=dict(os.environ, THEANO_FLAGS=flags, PYTHONHASHSEED=seed),
    )
    return output.splitlines()


def test_programs_are_found_by_other_processes():
    found = versions('1')
    assert_equal(found, versions('2'))
    assert all(ast.literal_eval(line) for line in found)


def test_the_first_program_that_is_compiled_is_announced():
    """And the precompiled header; but not programs that are kept."""
    log_compilation.cache_clear()
    with patch.object(cmodule.GCC_compiler, 'compile_str', staticmethod(Mock(return_value=7))):
        announce_compilation()
        with unittest.TestCase().assertLogs('ift6266.backends.programs', 'INFO') as logs:
            for _ in range(2):
                assert_equal(cmodule.GCC_compiler.compile_str('name', 'code', location='x'), 7)
    (line,) = logs.output
    assert 'the first time' in line and theano.config.compiledir in line


def test_nothing_is_announced_where_programs_are_kept():
    """Of what the tests above and before have compiled."""
    program = (
        'import logging, ift6266, theano, theano.tensor as T; logging.basicConfig(level=20); '
        'from ift6266.backends import Backend; x = T.fmatrix(); '
        'Backend("theano").compile([x], x + 1, "sum")'
    )
    require_compiler()
    for _ in range(2):
        result = subprocess.run(
            [sys.executable, '-c', program], capture_output=True, text=True, check=True
        )
    assert 'compiled: sum' in result.stderr and 'first time' not in result.stderr, result.stderr


def folded(output):
    """The value of an expression without variables."""
    graph = FunctionGraph([], [output])
    topo_constant_folding.optimize(graph)
    return graph.outputs[0].data


def test_small_constants_are_not_compiled():
    compile_less()
    with patch.object(Op, 'make_c_thunk', side_effect=AssertionError('compiled')):
        pair = T.stack([T.constant(2), T.constant(3)]).dimshuffle('x', 0)
        value = folded(T.cast(pair, 'float32') / np.float32(4))
    np.testing.assert_array_equal(value, np.array([[0.5, 0.75]], 'float32'))
    assert value.dtype == np.float32


def test_large_constants_are():
    compile_less()
    constant = T.constant(np.ones((8, 8)))
    node = (constant + constant).owner
    assert not node.op.python_constant_folding(node)
