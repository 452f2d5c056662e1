"""Reductions along axes, softmax and cross-entropies."""

import jax
import jax.numpy as jnp
import numpy as np
from theano import scalar
from theano.tensor.basic import Argmax, MaxAndArgmax
from theano.tensor.elemwise import CAReduce
from theano.tensor.nnet.nnet import (
    CrossentropyCategorical1Hot,
    CrossentropyCategorical1HotGrad,
    CrossentropySoftmax1HotWithBiasDx,
    CrossentropySoftmaxArgmax1HotWithBias,
    LogSoftmax,
    Softmax,
    SoftmaxGrad,
    SoftmaxWithBias,
)

from ift6266.backends.xla.registry import translate, untranslated

REDUCTIONS = {
    scalar.Add: jnp.sum,
    scalar.Mul: jnp.prod,
    scalar.Maximum: jnp.max,
    scalar.Minimum: jnp.min,
    scalar.AND: jnp.all,
    scalar.OR: jnp.any,
}


@translate.register(CAReduce)
def _(op, node):
    """Sum, Prod, Max, All and the like, by the scalar operation that they repeat."""
    function = REDUCTIONS.get(type(op.scalar_op))
    bitwise = function in (jnp.all, jnp.any) and node.inputs[0].dtype != 'bool'
    if function is None or bitwise:
        raise untranslated(node)
    dtype = getattr(op, 'acc_dtype', None) or node.outputs[0].dtype
    if function in (jnp.max, jnp.min):
        dtype = node.inputs[0].dtype
    return lambda array: function(jnp.asarray(array, dtype), axis=op.axis)


@translate.register(MaxAndArgmax)
def _(op, node):
    def both(array):
        rows = _rows(array, op.axis)
        return rows.max(-1), rows.argmax(-1)

    return both


@translate.register(Argmax)
def _(op, node):
    return lambda array: _rows(array, op.axis).argmax(-1)


def _rows(array, axes):
    """``array`` with these axes, or all for None, as the last one."""
    axes = range(array.ndim) if axes is None else [axis % array.ndim for axis in axes]
    others = [axis for axis in range(array.ndim) if axis not in axes]
    return jnp.transpose(array, (*others, *axes)).reshape(
        *(array.shape[axis] for axis in others), -1
    )


# Softmax and cross-entropies, of rows and integer classes.


@translate.register(Softmax)
def _(op, node):
    return jax.nn.softmax


@translate.register(LogSoftmax)
def _(op, node):
    return jax.nn.log_softmax


@translate.register(SoftmaxWithBias)
def _(op, node):
    return lambda rows, bias: jax.nn.softmax(rows + bias)


@translate.register(SoftmaxGrad)
def _(op, node):
    return lambda gradient, softmax: (
        softmax * (gradient - (gradient * softmax).sum(-1, keepdims=True))
    )


@translate.register(CrossentropySoftmaxArgmax1HotWithBias)
def _(op, node):
    def all_three(rows, bias, classes):
        logarithms = jax.nn.log_softmax(rows + bias)
        return (
            -logarithms[np.arange(len(rows)), classes],
            jnp.exp(logarithms),
            jnp.argmax(logarithms, -1),
        )

    return all_three


@translate.register(CrossentropySoftmax1HotWithBiasDx)
def _(op, node):
    return lambda gradient, softmax, classes: (
        jnp.reshape(gradient, (-1, 1)) * (softmax.at[np.arange(len(softmax)), classes].add(-1))
    )


@translate.register(CrossentropyCategorical1Hot)
def _(op, node):
    return lambda rows, classes: -jnp.log(rows[np.arange(len(rows)), classes])


@translate.register(CrossentropyCategorical1HotGrad)
def _(op, node):
    def gradient_of_rows(gradient, rows, classes):
        places = np.arange(len(rows)), classes
        return jnp.zeros_like(rows).at[places].set(-gradient / rows[places])

    return gradient_of_rows
