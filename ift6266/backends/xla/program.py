"""A graph as a function that JAX can trace: the translations of its nodes, one by one."""

from collections.abc import Sequence

import jax
from theano.gof import FunctionGraph
from theano.gof.graph import Constant
from theano.tensor import discrete_dtypes

from ift6266.backends.xla.constants import evaluated_in_python, runs_in_python
from ift6266.backends.xla.registry import translate


class Program:
    """What a graph computes, as a function that JAX can trace.

    Parameters
    ----------
    fgraph : FunctionGraph
    order : list of nodes
        Raises :class:`registry.Untranslated` where one has no translation.
    """

    def __init__(self, fgraph: FunctionGraph, order: list):
        self.fgraph = fgraph
        self.steps = [(node, translate(node.op, node)) for node in order]

    def __call__(self, inputs: Sequence) -> list:
        """The values of ``fgraph.outputs`` for those of ``fgraph.inputs``."""
        values = dict(zip(self.fgraph.inputs, inputs))

        def value(variable):
            return variable.data if isinstance(variable, Constant) else values[variable]

        for node, function in self.steps:
            arguments = [value(variable) for variable in node.inputs]
            results = self._evaluate(node, function, arguments)
            values.update(zip(node.outputs, results))
        return [value(variable) for variable in self.fgraph.outputs]

    def _evaluate(self, node, function, arguments):
        """The results of one node, of the data types that Theano gives them."""
        if is_static(node, arguments):
            return evaluated_in_python(node, arguments)
        results = function(*arguments)
        if not isinstance(results, tuple):
            results = (results,)
        return [typed(result, variable) for result, variable in zip(results, node.outputs)]


def is_static(node, arguments: Sequence) -> bool:
    """Whether a node computes integers, or a scalar, of static arguments.

    It may be a shape, which XLA must know when it compiles.
    """
    return (
        runs_in_python(node)
        and not any(isinstance(argument, jax.core.Tracer) for argument in arguments)
        and all(
            getattr(output, 'ndim', 0) == 0 or output.dtype in discrete_dtypes
            for output in node.outputs
        )
    )


def typed(value, variable):
    """``value``, cast to the data type of ``variable`` where both have one."""
    dtype = getattr(variable, 'dtype', None)
    if dtype is None or not hasattr(value, 'dtype') or value.dtype == dtype:
        return value
    return value.astype(dtype)
