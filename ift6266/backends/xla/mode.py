"""The mode that compiles a Theano function by XLA."""

from theano.compile.mode import Mode

from ift6266.backends.xla.library import load
from ift6266.backends.xla.rewritings import rewritings


def xla_mode(precision: str = 'float32') -> Mode:
    """A mode that compiles a function by XLA, of a graph that Theano made numerically stable.

    ``precision`` is that of products and convolutions, 'float32', 'tf32' or 'bfloat16'.  Raises
    InputError where there is no JAX.
    """
    load()
    from ift6266.backends.xla.linker import XLALinker  # it imports JAX

    return Mode(XLALinker(precision), rewritings())
