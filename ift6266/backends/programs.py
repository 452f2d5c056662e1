"""Fewer programs for Theano to compile, for any backend.

Each takes half a second.  Theano keeps them for other processes, but some of them under a key
that no other process comes to; and it has some compiled where Python does as well.
"""

import hashlib

import numpy as np
from theano.gof import COp, Op
from theano.tensor.basic import ScalarFromTensor
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.opt import MakeVector

FEW = 32  # NumPy's functions take no more arguments either


def compile_less():
    """Change Theano's operations, those that have been imported, to this end."""
    for operation in (DimShuffle, Elemwise, MakeVector, ScalarFromTensor):
        operation.python_constant_folding = _is_of_few_numbers
    COp.c_code_cache_version = _version_of_code
    for operation in _subclasses(Op):
        # It stands among the versions in the key, and an empty version means: do not keep it.
        # What an operation is equal to was settled when its class was made.
        if operation.__dict__.get('__props__') == ():
            operation.__props__ = ('none',)


def _is_of_few_numbers(operation, node):
    """Whether the value of ``node``, all of whose inputs are constants, is found by Python."""
    return sum(np.size(constant.data) for constant in node.inputs) < FEW


def _version_of_code(operation):
    """Theano's own is of hashes of strings, which are others in every process."""
    digest = hashlib.sha256(''.join(operation.func_codes).encode()).hexdigest()
    parameters = getattr(operation, 'params_type', None)
    return (digest,) if parameters is None else (digest, parameters.c_code_cache_version())


def _subclasses(base):
    for subclass in base.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)
