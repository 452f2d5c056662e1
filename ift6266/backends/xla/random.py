"""Theano's generator of random numbers, MRG31k3p, with the same bits as its C code.

L'Ecuyer and Touzin (2000), "Fast combined multiple recursive generators with multipliers of the
form a = ±2^q ± 2^r": the state of a stream is six int32 numbers.  Theano's other generator, NumPy's
own, is no function of arrays and has no translation; Lasagne does not use it.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax
from theano.sandbox.multinomial import MultinomialFromUniform
from theano.sandbox.rng_mrg import M1, M2, MASK2, MASK12, MASK13, MULT2, DotModulo, mrg_uniform

from ift6266.backends.xla.registry import static, static_lengths, translate

# How a difference of two int32 becomes a number between 0 and 1: (mask, offset, factor).
SCALES = {
    'float16': (0x7FFF, 1, 3.0458e-05),
    'float32': (-1, 0, 4.6566126e-10),
    'float64': (-1, 0, 4.656612873077392578125e-10),
}


def advance(states):
    """The next states, (6, streams) int32."""

    def wrap(number, modulus):
        return jnp.where((number < 0) | (number >= modulus), number - modulus, number)

    def times(number):
        return wrap(((number & MASK2) << 15) + MULT2 * (number >> 16), M2)

    x11, x12, x13, x21, x22, x23 = states
    one = wrap(((x12 & MASK12) << 22) + (x12 >> 9) + ((x13 & MASK13) << 7) + (x13 >> 24), M1)
    one = wrap(one + x13, M1)
    other = wrap(wrap(times(x23) + x23, M2) + times(x21), M2)
    return jnp.stack([one, x11, x12, other, x21, x22])


@translate.register(mrg_uniform)
def _(op, node):
    """The streams take turns: in each round each of them gives a number."""
    dtype = op.output_type.dtype
    mask, offset, factor = SCALES[dtype]

    def numbers(states):
        difference = states[0] - states[3]
        difference = jnp.where(difference <= 0, difference + M1, difference)
        return ((difference & mask) + offset).astype(dtype) * np.dtype(dtype).type(factor)

    def advance_and_draw(states, _):
        states = advance(states)
        return states, numbers(states)

    def draw(states, size):
        size = static_lengths(size, 'the shape of random numbers')
        rounds, rest = divmod(int(np.prod(size)), states.shape[0])
        states, drawn = lax.scan(advance_and_draw, states.T, None, rounds)
        last = advance(states)
        drawn = jnp.concatenate([drawn.ravel(), numbers(last)[:rest]])
        states = jnp.where(np.arange(states.shape[1]) < rest, last, states)
        return states.T, drawn.reshape(size)

    return draw


@translate.register(DotModulo)
def _(op, node):
    """States far ahead, which begin other streams: two products of matrix and vector, modulo."""

    def product(matrix, vector, modulus):
        return (matrix * vector % modulus).sum(1) % modulus

    return lambda *halves: jnp.concatenate([product(*halves[:3]), product(*halves[3:])])


@translate.register(MultinomialFromUniform)
def _(op, node):
    """How often each column is drawn, by uniform numbers and cumulated probabilities."""

    def draw(probabilities, uniform, times=1):
        times = int(static(times, 'the number of draws'))
        above = jnp.cumsum(probabilities, 1) > uniform.reshape(times, -1, 1)
        before = jnp.pad(above[..., :-1], [(0, 0), (0, 0), (1, 0)])
        return (above & ~before).sum(0)

    return draw
