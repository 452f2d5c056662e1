"""The mode that compiles a Theano function by XLA."""

from theano.compile.mode import Mode

from ift6266.backends.xla.library import load
from ift6266.backends.xla.rewritings import rewritings


def xla_mode(precision='float32'):
    """A mode that compiles a function by XLA.

    Theano makes the graph simpler and numerically stable; products it leaves to the library that
    XLA takes.  ``precision`` is that of products and convolutions, 'float32', 'tf32' or
    'bfloat16'.  Raises InputError where there is no JAX.
    """
    load()
    from ift6266.backends.xla.linker import XLALinker

    return Mode(XLALinker(precision), rewritings())
