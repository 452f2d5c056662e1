"""The mode: which of Theano's rewritings a graph for XLA gets."""
from theano.compile.mode import Mode
from theano.gof import Query
from theano.tensor.nnet.nnet import (crossentropy_to_crossentropy_with_softmax,
                                     local_logsoftmax, local_logsoftmax_grad)
from theano.tensor.opt import in2out

from ift6266.backends.xla.library import load

# Behind these come those for speed: for BLAS, C code, work in place, one loop for many operations.
# XLA does better without them.
LAST = 1.7


def xla_mode(precision='float32'):
    """A mode that compiles a function by XLA.

    Theano makes the graph simpler and numerically stable; constants it leaves to XLA, since it
    would compute with them by programs in C.  ``precision`` is that of matrix products and
    convolutions: 'float32', 'tf32' or 'bfloat16'.  Raises InputError where there is no JAX.
    """
    load()
    from ift6266.backends.xla.linker import XLALinker
    query = Query(include=['fast_run'], exclude=['constant_folding', 'topo_constant_folding',
                                                 'inplace', 'cxx_only'],
                  position_cutoff=LAST)
    return Mode(XLALinker(precision), query).register(
        (in2out(local_logsoftmax, local_logsoftmax_grad), 1.61),
        (crossentropy_to_crossentropy_with_softmax, 1.62))
