"""Which of Theano's graph optimizations apply to a graph for XLA."""

from theano.gof import Query

from ift6266.backends.xla.constants import FOLDING, register_folding

# At later positions are those for C code: one loop for many operations, work in place, and so on.
LAST = 3


def rewritings() -> Query:
    """The query for those of a graph, or of the step of a loop."""
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
