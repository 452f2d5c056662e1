"""Products of vectors and matrices."""

from jax import lax
from theano.tensor.basic import Dot

from ift6266.backends.xla.elementwise import cast
from ift6266.backends.xla.products import multiplied
from ift6266.backends.xla.registry import translate


@translate.register(Dot)
def _(op, node):
    dtype = node.outputs[0].dtype
    return lambda one, other: multiplied(lax.dot, cast(one, dtype), cast(other, dtype))
