"""The translations of Theano's operations into functions of JAX arrays."""

from functools import singledispatch

from theano.gof.utils import get_variable_trace_string


class Untranslated(NotImplementedError):
    """A graph holds an operation that has no translation."""


@singledispatch
def translate(op, node):
    """A function that computes what ``node`` does.

    It takes as many arguments as ``node.inputs`` are, and returns the one result, or a tuple of
    as many as ``node.outputs``.  Arguments are JAX arrays, or what is known when a graph is
    compiled: NumPy arrays and numbers, slices, None.  The linker gives results their data type.

    Translations are registered for classes of operations, in the other modules here.  Raises
    :class:`Untranslated` for all others.
    """
    raise untranslated(node)


def untranslated(node, reason='has no translation for XLA'):
    """The exception that says where ``node`` stands."""
    output = node.outputs[0]
    return Untranslated(
        f'the operation {node.op} {reason}. It makes {_described(node)}. {get_variable_trace_string(output)}'.rstrip()
    )


def _described(node):
    """The outputs of a node, and what it makes them of."""
    outputs, inputs = [
        ', '.join(f'{variable} ({variable.type})' for variable in variables)
        for variables in (node.outputs, node.inputs)
    ]
    return '{} from {}'.format(outputs, inputs or 'nothing')


def known(value, what):
    """``value`` as it is, if it is known when a graph is compiled; raises TypeError otherwise."""
    from jax.core import Tracer

    if isinstance(value, Tracer):
        raise TypeError(
            f'{what} must follow from constants and shapes: XLA compiles for given shapes'
        )
    return value


def lengths(values, what='a shape'):
    """A vector of integers, or several scalars, as a tuple of int."""
    return tuple(int(known(value, what)) for value in known(values, what))
