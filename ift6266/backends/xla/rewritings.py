"""Which of Theano's rewritings a graph for XLA gets."""

from theano.gof import Query

from ift6266.backends.xla.constants import FOLDING, register_folding

# After these come those for C code: one loop for many operations, work in place, and so on.
LAST = 3


def rewritings():
    """The query for those of a graph, or of the graph of a loop's step."""
    register_folding()
    return Query(
        include=['fast_run', FOLDING],
        position_cutoff=LAST,
        exclude=[
            'topo_constant_folding',
            'constant_folding_for_scan2',
            'BlasOpt',
            'inplace',
            'cxx_only',
            'local_upcast_elemwise_constant_inputs',
        ],
    )
