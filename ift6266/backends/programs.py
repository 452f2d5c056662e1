"""Fewer C++ programs for Theano to compile.

Each takes half a second.  Theano keeps them for other processes, but some of them under a key
that differs in every process; and it compiles some whose work Python does as well.
"""

import hashlib
import logging
from functools import cache

import numpy as np
import theano
from theano.gof import COp, Op
from theano.gof.cmodule import GCC_compiler
from theano.tensor.basic import ScalarFromTensor
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.opt import MakeVector

FEW_NUMBERS = 32  # a choice: NumPy's own functions take no more arguments either

logger = logging.getLogger(__name__)


@cache
def log_compilation() -> None:
    """Log, once, why the first compilation takes long."""
    logger.info(
        'Theano compiles a C++ program for every kind of operation: about a second for each '
        'that is new, a minute or two the first time; it keeps them in %s',
        theano.config.compiledir,
    )


def announce_compilation() -> None:
    """Let Theano log that before it compiles a program that it has not kept."""
    compile_program = GCC_compiler.compile_str

    def announced(*args, **kwargs):
        log_compilation()
        return compile_program(*args, **kwargs)

    GCC_compiler.compile_str = staticmethod(announced)


def compile_less() -> None:
    """Change the operations of Theano that have been imported so that fewer are compiled."""
    for operation in (DimShuffle, Elemwise, MakeVector, ScalarFromTensor):
        operation.python_constant_folding = _is_of_few_numbers
    COp.c_code_cache_version = _version_of_code
    for operation in _subclasses(Op):
        # These properties are part of the key, and an empty part means: do not keep the program.
        # The equality of operations was defined when their class was made, and stays.
        if operation.__dict__.get('__props__') == ():
            operation.__props__ = ('none',)


def _is_of_few_numbers(operation, node):
    """Whether Python computes ``node``, all of whose inputs are constants."""
    return sum(np.size(constant.data) for constant in node.inputs) < FEW_NUMBERS


def _version_of_code(operation):
    """A version that is the same in every process; Theano's own has hashes of strings in it."""
    digest = hashlib.sha256(''.join(operation.func_codes).encode()).hexdigest()
    parameters = getattr(operation, 'params_type', None)
    return (digest,) if parameters is None else (digest, parameters.c_code_cache_version())


def _subclasses(base):
    for subclass in base.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)
