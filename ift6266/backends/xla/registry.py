"""The translations of Theano's operations into functions of JAX arrays."""

from collections.abc import Callable
from functools import singledispatch

from theano.gof.utils import get_variable_trace_string


class Untranslated(NotImplementedError):
    """A graph holds an operation that has no translation."""


@singledispatch
def translate(op, node) -> Callable:
    """A function that computes what ``node`` does.

    It takes an argument for each of ``node.inputs``, and returns the one result, or a tuple of one
    for each of ``node.outputs``.  Arguments are JAX arrays, or static, that is known when a graph
    is compiled: NumPy arrays and numbers, slices, None.  The caller casts the results.

    The other modules here register translations of classes of operations.  For other operations
    it raises :class:`Untranslated`.
    """
    raise untranslated(node)


def untranslated(node, reason: str = 'has no translation for XLA') -> Untranslated:
    """The exception, which says where in a program ``node`` was made."""
    trace = get_variable_trace_string(node.outputs[0])
    return Untranslated(
        f'the operation {node.op} {reason}. It makes {_described(node)}. {trace}'.rstrip()
    )


def _described(node):
    """The outputs of a node and its inputs, with their types."""
    outputs, inputs = [
        ', '.join(f'{variable} ({variable.type})' for variable in variables)
        for variables in (node.outputs, node.inputs)
    ]
    return f'{outputs} from {inputs or "nothing"}'


def static(value, what: str):
    """``value``, if it is static; raises TypeError, which says ``what`` it is, otherwise."""
    from jax.core import Tracer  # this module is imported where there may be no JAX

    if isinstance(value, Tracer):
        raise TypeError(
            f'{what} must follow from constants and shapes: XLA compiles for given shapes'
        )
    return value


def static_lengths(values, what: str = 'a shape') -> tuple[int, ...]:
    """A vector of integers, or several scalars; raises TypeError where they are not static."""
    return tuple(int(static(value, what)) for value in static(values, what))
