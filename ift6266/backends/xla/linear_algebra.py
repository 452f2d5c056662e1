"""Products of vectors, matrices and batches of matrices; inverses and decompositions."""

import jax.numpy as jnp
from jax import lax
from theano.tensor.basic import Dot
from theano.tensor.blas import BatchedDot, Dot22, Dot22Scalar, Gemm, Gemv, Ger
from theano.tensor.nlinalg import Det, MatrixInverse

from ift6266.backends.xla.elementwise import cast
from ift6266.backends.xla.products import multiplied
from ift6266.backends.xla.registry import translate


def product_for(node):
    """The product of vectors and matrices, in the data type of the node's output."""
    dtype = node.outputs[0].dtype
    return lambda one, other: multiplied(lax.dot, cast(one, dtype), cast(other, dtype))


@translate.register(Dot)
@translate.register(Dot22)
def _(op, node):
    return product_for(node)


@translate.register(Dot22Scalar)
def _(op, node):
    dot = product_for(node)
    return lambda one, other, factor: factor * dot(one, other)


@translate.register(Gemm)
@translate.register(Gemv)
def _(op, node):
    dot = product_for(node)
    return lambda term, factor, one, other, kept: kept * term + factor * dot(one, other)


@translate.register(Ger)
def _(op, node):
    return lambda term, factor, one, other: term + factor * jnp.outer(one, other)


@translate.register(BatchedDot)
def _(op, node):
    dtype = node.outputs[0].dtype

    def batched(one, other):
        contracted = (one.ndim - 1,), (1,)
        return multiplied(
            lax.dot_general,
            cast(one, dtype),
            cast(other, dtype),
            dimension_numbers=(contracted, ((0,), (0,))),
        )

    return batched


@translate.register(MatrixInverse)
def _(op, node):
    return jnp.linalg.inv


@translate.register(Det)
def _(op, node):
    return jnp.linalg.det
