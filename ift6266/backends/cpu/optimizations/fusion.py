"""Operations over the kernels folded into one another."""

from theano import scalar
from theano.gof import local_optimizer
from theano.gof.graph import ancestors
from theano.tensor.elemwise import Elemwise

from ift6266.backends.cpu.operations import (
    Affine,
    Concatenate,
    Normalize,
    NormalizeGrad,
    Rectify,
    RectifyGrad,
)
from ift6266.backends.cpu.optimizations.patterns import arguments


def maker(variable, *operations):
    """The node, of one of these operations, that made ``variable`` for a single use, or None."""
    node = variable.owner
    if node is not None and type(node.op) in operations and len(variable.clients) == 1:
        return node


@local_optimizer([NormalizeGrad])
def rectifier_into_gradient(node):
    """The gradient of a rectifier, followed by that of the normalization before it."""
    *inputs, gradient = node.inputs
    rectification = gradient.owner
    if not (
        node.op == NormalizeGrad()
        and len(node.inputs) == 6
        and rectification is not None
        and isinstance(rectification.op, Elemwise)
        and isinstance(rectification.op.scalar_op, RectifyGrad)
    ):
        return
    slope = rectification.op.scalar_op.slope
    rectified, gradient = rectification.inputs
    normalized = arguments(rectified, Rectify(slope))
    forward = normalized and normalized[0].owner
    if (
        forward is not None
        and isinstance(forward.op, Normalize)
        and forward.inputs[:2] == inputs[:2]
        and forward.outputs[1:] == inputs[3:]
    ):
        return NormalizeGrad(slope)(
            *forward.inputs, *forward.outputs[1:], gradient, return_list=True
        )


@local_optimizer([NormalizeGrad])
def sum_into_gradient(node):
    """The sum of two gradients, of maps that are used twice, followed by that of normalization."""
    *inputs, gradient = node.inputs
    terms = arguments(gradient, scalar.add)
    if len(inputs) == 5 and terms is not None and len(terms) == 2 and len(gradient.clients) == 1:
        return node.op(*inputs, *terms, return_list=True)


def folded(node, before, operation, *others):
    """Replacements for ``before`` and for ``node``, which is applied to its first result.

    ``operation`` does both; its arguments are those of ``before`` and ``others``.
    """
    results = operation(*before.inputs, *others, return_list=True)
    return dict(zip([node.outputs[0]] + before.outputs[1:], results))


@local_optimizer([Elemwise])
def rectifier_into_normalization(node):
    if isinstance(node.op.scalar_op, Rectify):
        before = maker(node.inputs[0], Normalize, Affine)
        if before is not None and before.op.slope == 1:
            slope = node.op.scalar_op.slope
            return folded(
                node,
                before,
                Normalize(before.op.epsilon, slope)
                if isinstance(before.op, Normalize)
                else Affine(slope),
            )


@local_optimizer([Concatenate])
def normalization_into_concatenation(node):
    first, *others = node.inputs
    before = maker(first, Normalize, Affine)
    if (
        before is not None
        and len(before.inputs) == 3
        and not set(before.outputs) & set(ancestors(others))
    ):
        return folded(node, before, before.op, *others)


GRADIENTS = rectifier_into_gradient, sum_into_gradient
FORWARD = rectifier_into_normalization, normalization_into_concatenation
