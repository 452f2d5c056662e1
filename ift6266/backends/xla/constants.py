"""Constants, folded by Theano's own code in Python."""

from collections.abc import Sequence
from functools import cache

from theano.compile.mode import optdb
from theano.gof import local_optimizer
from theano.gof.graph import Constant
from theano.scan_module.scan_op import Scan
from theano.tensor.opt import in2out

FOLDING = 'fold constants for XLA'


def runs_in_python(node):
    """Whether Theano's own code runs a node in Python; it would compile a loop."""
    return not isinstance(node.op, Scan)


def evaluated_in_python(node, arguments: Sequence) -> list:
    """The results of a node for these values of its inputs."""
    storage = {variable: [argument] for variable, argument in zip(node.inputs, arguments)}
    storage.update({variable: [None] for variable in node.outputs})
    computed = {variable: [variable not in node.outputs] for variable in storage}
    node.op.make_thunk(node, storage, computed, [], 'py')()
    return [storage[variable][0] for variable in node.outputs]


@local_optimizer(None)
def fold(node):
    """Constants in place of a node whose inputs are constants.

    Theano's own optimization compiles a C program for each such operation.
    """
    if (
        runs_in_python(node)
        and all(isinstance(variable, Constant) for variable in node.inputs)
        and node.op.do_constant_folding(node)
    ):
        results = evaluated_in_python(node, [variable.data for variable in node.inputs])
        return [
            getattr(output.type, 'Constant', Constant)(output.type, result)
            for output, result in zip(node.outputs, results)
        ]


@cache
def register_folding():
    """Register :data:`FOLDING` where Theano folds constants, for queries to include it."""
    for group in ('canonicalize', 'stabilize', 'specialize', 'scan_eqopt2'):
        optdb[group].register(
            'fold_in_python',
            in2out(fold, ignore_newtrees=True, name='fold_in_python'),
            FOLDING,
            final_opt=True,
        )
