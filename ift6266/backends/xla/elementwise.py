"""Elementwise operations: Theano's scalar operations, and what maps them over arrays."""

from functools import reduce, singledispatch

import jax
import jax.numpy as jnp
import numpy as np
from theano import scalar
from theano.scalar import basic_scipy
from theano.tensor.elemwise import Elemwise, MulWithoutZeros
from theano.tensor.nnet.nnet import ScalarSoftsign
from theano.tensor.nnet.sigm import ScalarSigmoid, ScalarSoftplus, UltraFastScalarSigmoid

from ift6266.backends.xla.registry import translate, untranslated


@singledispatch
def scalar_function(op, node):
    """The function of JAX arrays for a scalar operation, or None.

    Most of Theano's name the NumPy or SciPy function that does the same, and JAX has that under
    the same name.
    """
    if getattr(op, 'nfunc_spec', None):
        *modules, name = op.nfunc_spec[0].split('.')
        return getattr(jax.scipy.special if modules else jnp, name, None)


@translate.register(Elemwise)
def _(op, node):
    return elementwise(op.scalar_op, node)


@translate.register(scalar.ScalarOp)
def _(op, node):
    return elementwise(op, node)


def elementwise(op, node):
    """The function for a node that applies a scalar operation to arrays or to scalars."""
    function = scalar_function(op, node)
    if function is None:
        raise untranslated(node)
    if isinstance(op, UNCAST):
        return function
    dtypes = [variable.dtype for variable in node.inputs]
    if node.outputs[0].dtype != 'bool':
        dtypes.append(node.outputs[0].dtype)
    # Theano's rules for data types are NumPy's, not JAX's: float32 and int32 make float64.
    dtype = np.result_type(*dtypes)
    if isinstance(op, REPEATED):
        return lambda *arrays: reduce(function, [cast(array, dtype) for array in arrays])
    return lambda *arrays: function(*[cast(array, dtype) for array in arrays])


def cast(array, dtype):
    return array if array.dtype == dtype else jnp.asarray(array).astype(dtype)


REPEATED = (
    scalar.Add,
    scalar.Mul,
    scalar.Maximum,
    scalar.Minimum,
    scalar.OR,
    scalar.AND,
    scalar.XOR,
)
UNCAST = (scalar.Switch, scalar.Second, scalar.Cast, scalar.Composite)


@scalar_function.register(scalar.Second)
def _(op, node):
    return lambda shape, value: jnp.broadcast_to(
        value, jnp.broadcast_shapes(np.shape(shape), np.shape(value))
    )


@scalar_function.register(scalar.Switch)
def _(op, node):
    return lambda condition, *values: jnp.where(
        jnp.not_equal(condition, 0), *[cast(value, node.outputs[0].dtype) for value in values]
    )


@scalar_function.register(scalar.Cast)
def _(op, node):
    return lambda array: cast(array, node.outputs[0].dtype)


@scalar_function.register(scalar.Identity)
def _(op, node):
    return lambda array: array


@scalar_function.register(scalar.Clip)
def _(op, node):
    return lambda array, low, high: jnp.minimum(jnp.maximum(array, low), high)


@scalar_function.register(scalar.Inv)
def _(op, node):
    return lambda array: 1 / array


@scalar_function.register(scalar.RoundHalfAwayFromZero)
def _(op, node):
    return lambda array: jnp.sign(array) * jnp.floor(jnp.abs(array) + 0.5)


@scalar_function.register(scalar.InRange)
def _(op, node):
    above = jnp.greater if op.openlow else jnp.greater_equal
    below = jnp.less if op.openhi else jnp.less_equal
    return lambda array, low, high: above(array, low) & below(array, high)


@scalar_function.register(MulWithoutZeros)
def _(op, node):
    return lambda one, other: jnp.where(one == 0, other, jnp.where(other == 0, one, one * other))


@scalar_function.register(ScalarSigmoid)
def _(op, node):
    return jax.nn.sigmoid


@scalar_function.register(UltraFastScalarSigmoid)
def _(op, node):
    def approximation(array):
        half = jnp.abs(array) / 2
        rational = 1.5 * half / (1 + half)
        linear = 0.935409070603099 + 0.0458812946797165 * (half - 1.7)
        height = jnp.where(half < 1.7, rational, jnp.where(half < 3, linear, 0.99505475368673))
        return (jnp.sign(array) * height + 1) / 2

    return approximation


@scalar_function.register(ScalarSoftplus)
def _(op, node):
    return jax.nn.softplus


@scalar_function.register(ScalarSoftsign)
def _(op, node):
    return lambda array: array / (1 + jnp.abs(array))


@scalar_function.register(basic_scipy.Psi)
def _(op, node):
    return jax.scipy.special.digamma


@scalar_function.register(basic_scipy.TriGamma)
def _(op, node):
    return lambda array: jax.scipy.special.polygamma(1, array)


@scalar_function.register(scalar.Composite)
def _(op, node):
    steps = [(inner, elementwise(inner.op, inner)) for inner in op.fgraph.toposort()]

    def composed(*arrays):
        values = dict(zip(op.fgraph.inputs, arrays))
        for inner, function in steps:
            values[inner.outputs[0]] = cast(
                function(*[
                    values[variable] if variable in values else np.asarray(variable.data)
                    for variable in inner.inputs
                ]),
                inner.outputs[0].dtype,
            )
        results = tuple(values[output] for output in op.fgraph.outputs)
        return results if len(results) > 1 else results[0]

    return composed
