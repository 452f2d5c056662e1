"""The precision in which XLA computes matrix products and convolutions."""

from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar

import jax
import jax.numpy as jnp
from jax import lax

_PRECISION = ContextVar('precision', default='float32')


@contextmanager
def multiplying_in(precision: str):
    """A context to trace products of float32 arrays in, in one of these precisions.

    'float32'; 'tf32', numbers with 10 bits behind the point, where a device has them; 'bfloat16',
    to which factors are rounded.  Sums are float32.
    """
    token = _PRECISION.set(precision)
    try:
        yield
    finally:
        _PRECISION.reset(token)


def multiplied(product: Callable, one: jax.Array, other: jax.Array, **kwargs) -> jax.Array:
    """``product(one, other)`` of :mod:`jax.lax`, in the precision that is set."""
    if one.dtype == other.dtype == jnp.float32:
        if _PRECISION.get() == 'bfloat16':
            one, other = rounded(one), rounded(other)
            return product(one, other, preferred_element_type=jnp.float32, **kwargs)
        if _PRECISION.get() == 'tf32':
            return product(one, other, precision=lax.Precision.DEFAULT, **kwargs)
    return product(one, other, precision=lax.Precision.HIGHEST, **kwargs)


def rounded(array: jax.Array) -> jax.Array:
    """``array`` as bfloat16; XLA drops a cast alone where it multiplies in float32 anyway."""
    return lax.reduce_precision(array, exponent_bits=8, mantissa_bits=7).astype(jnp.bfloat16)
