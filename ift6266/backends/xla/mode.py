"""The mode: which of Theano's rewritings a graph for XLA gets."""
from theano.compile.mode import Mode
from theano.gof import Query

from ift6266.backends.xla.constants import FOLDING, register_folding
from ift6266.backends.xla.library import load

# After these come those for C code: one loop for many operations, work in place, and so on.
LAST = 3


def rewritings():
    """The query for those of a graph, or of the graph of a loop's step."""
    register_folding()
    return Query(include=['fast_run', FOLDING], position_cutoff=LAST,
                 exclude=['topo_constant_folding', 'constant_folding_for_scan2', 'BlasOpt',
                          'inplace', 'cxx_only', 'local_upcast_elemwise_constant_inputs'])


def xla_mode(precision='float32'):
    """A mode that compiles a function by XLA.

    Theano makes the graph simpler and numerically stable; products it leaves to the library that
    XLA takes.  ``precision`` is that of products and convolutions, 'float32', 'tf32' or
    'bfloat16'.  Raises InputError where there is no JAX.
    """
    load()
    from ift6266.backends.xla.linker import XLALinker
    return Mode(XLALinker(precision), rewritings())
