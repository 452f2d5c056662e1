"""Elementwise operations: Theano's scalar operations, applied to arrays."""

from functools import reduce, singledispatch

import jax
import jax.numpy as jnp
import numpy as np
from theano import scalar
from theano.tensor.elemwise import Elemwise
from theano.tensor.nnet.sigm import ScalarSigmoid, ScalarSoftplus

from ift6266.backends.xla.registry import translate, untranslated


@singledispatch
def scalar_function(op, node):
    """The function of JAX arrays for a scalar operation, or None.

    Most operations of Theano name a function of NumPy or SciPy that does the same, and JAX has it
    under the same name.
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
    """The function for a node that applies the scalar operation ``op`` to arrays or scalars."""
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
UNCAST = (scalar.Switch, scalar.Second, scalar.Cast)


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


@scalar_function.register(ScalarSigmoid)
def _(op, node):
    return jax.nn.sigmoid


@scalar_function.register(ScalarSoftplus)
def _(op, node):
    return jax.nn.softplus
