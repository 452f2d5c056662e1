"""Graph optimizations that put the kernels into any graph of Theano's, Lasagne's for instance.

They see a graph as :func:`theano.grad` left it, before Theano rewrites it, where a rectifier, a
normalization and Adam still have the form in which they were written.  Whatever they do not
recognize stays as it is.

Operations over the kernels take and give feature maps with the channels last.  At first each
stands between two rearrangements of axes, (batch, channel, height, width) on the outside, and as
the optimizations walk from the inputs of a graph to its outputs, those between two operations
cancel.  Elementwise operations, concatenations and splits have no order of their own and follow
that of what they are applied to.  So maps are rearranged at the borders of a region alone.
"""

from theano.compile.mode import Mode
from theano.gof import LocalOptGroup, MergeOptimizer, TopoOptimizer

from ift6266.backends.cpu.optimizations.adam import MergedAdam, adam_in_place
from ift6266.backends.cpu.optimizations.fusion import FORWARD, GRADIENTS
from ift6266.backends.cpu.optimizations.layout import LAYOUT, squashing
from ift6266.backends.cpu.optimizations.lengths import cast_length
from ift6266.backends.cpu.optimizations.precision import SetPrecision
from ift6266.backends.cpu.optimizations.rectifiers import RECTIFIERS


def optimized(mode: Mode, precision: str = 'float32') -> Mode:
    """``mode`` with these optimizations, most of which come before all of Theano's.

    Convolutions and their gradients compute in ``precision``, 'float32' or 'bfloat16'.

    Those that ask how often maps are used run once more after Theano's: at first maps are also
    used for their shapes.  Sigmoids and tangents are replaced as late, since Theano first makes the
    logarithm of a sigmoid stable.  Adam works in place where Theano's own operations begin to.
    """
    return mode.register(
        (MergedAdam(), 0.1),
        (in_order((*RECTIFIERS, cast_length)), 0.2),
        (in_order(LAYOUT), 0.3),
        (SetPrecision(precision), 0.305),
        (MergeOptimizer(), 0.31),
        (in_order(GRADIENTS), 0.32),
        (in_order(FORWARD), 0.33),
        (in_order((*FORWARD, squashing)), 48),
        (in_order([adam_in_place], TopoOptimizer.warn_inplace), 75.5),
    )


def in_order(optimizations, failure_callback=None):
    """An optimizer that applies ``optimizations`` from the inputs of a graph to its outputs."""
    return TopoOptimizer(
        LocalOptGroup(*optimizations), 'in_to_out', failure_callback=failure_callback
    )
