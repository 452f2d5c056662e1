"""Graph optimizations that put the kernels into any graph of Theano's, Lasagne's for instance.

They see a graph as :func:`theano.grad` left it, before Theano rewrites it, where a rectifier, a
normalization and Adam still have the form in which they were written.  Whatever they do not
know stays as it is.

Operations of ours take and give feature maps with the channels last.  At first each stands
between two rearrangements of axes, (batch, channel, height, width) on the outside, and as the
optimizations walk from the inputs of a graph to its outputs, those between two operations
cancel.  Elementwise operations, concatenations and splits have no order of their own and follow
that of what they are applied to.  So maps are rearranged at the borders of a region alone.
"""

from collections import OrderedDict, namedtuple

import theano.tensor as T
from theano import scalar
from theano.gof import LocalOptGroup, MergeOptimizer, Optimizer, TopoOptimizer, local_optimizer
from theano.gof.graph import ancestors
from theano.tensor.basic import Join, NotScalarConstantError, Split, get_scalar_constant_value
from theano.tensor.elemwise import DimShuffle, Elemwise, Sum
from theano.tensor.nnet.abstract_conv import (
    AbstractConv2d,
    AbstractConv2d_gradInputs,
    AbstractConv2d_gradWeights,
)
from theano.tensor.nnet.bn import (
    AbstractBatchNormInference,
    AbstractBatchNormTrain,
    AbstractBatchNormTrainGrad,
)
from theano.tensor.nnet.sigm import scalar_sigmoid
from theano.tensor.subtensor import Subtensor

from ift6266.backends.cpu.operations import (
    Adam,
    Affine,
    ChannelsLast,
    Concatenate,
    Convolution,
    ConvolutionGradInputs,
    ConvolutionGradWeights,
    Normalize,
    NormalizeGrad,
    Rectify,
    RectifyGrad,
    Sigmoid,
    SplitChannels,
)

CHANNELS_LAST, CHANNELS_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
PER_CHANNEL = ('x', 0, 'x', 'x')


def optimized(mode, precision='float32'):
    """``mode`` with the optimizations: most of them come before all of Theano's.

    Convolutions and their gradients compute in ``precision``, 'float32' or 'bfloat16'.

    Those that ask how often maps are used come once more after them, when Theano has found out
    the shapes for which it used maps at first; sigmoids as late, since Theano knows what to do
    about their logarithm; Adam works in place where Theano's own do.
    """
    return mode.register(
        (MergedAdam(), 0.1),
        (in_order((*RECTIFIERS, cast_length)), 0.2),
        (in_order(LAYOUT), 0.3),
        (SetPrecision(precision), 0.305),
        (MergeOptimizer(), 0.31),
        (in_order(GRADIENTS), 0.32),
        (in_order(FORWARD), 0.33),
        (in_order((*FORWARD, sigmoid)), 48),
        (in_order([adam_in_place], TopoOptimizer.warn_inplace), 75.5),
    )


# Reading a graph


def is_maps(variable):
    return (
        isinstance(variable.type, T.TensorType)
        and variable.ndim == 4
        and variable.dtype == 'float32'
    )


def arguments(variable, *operations):
    """The arguments of the elementwise operation that made ``variable``, if it is one of these.

    Operations are scalar ones; otherwise the result is None.
    """
    node = variable.owner
    if node is not None and isinstance(node.op, Elemwise) and node.op.scalar_op in operations:
        return node.inputs


def pairs(variable, operation):
    """Both orders of the arguments of a sum or product of two; none for anything else."""
    found = arguments(variable, operation)
    return [found, found[::-1]] if found is not None and len(found) == 2 else []


def constant(variable):
    """The number that ``variable`` is at all places, or None."""
    try:
        return float(get_scalar_constant_value(variable, elemwise=True))
    except NotScalarConstantError:
        return None


def scaled(variable):
    """(v, c) of ``v * c``, c being a constant; (None, None) otherwise."""
    for factor, other in pairs(variable, scalar.mul):
        if constant(factor) is not None:
            return other, constant(factor)
    return None, None


def rearranged(variable, order):
    """What ``variable`` is a rearrangement of by :class:`DimShuffle`, or None."""
    node = variable.owner
    if node is not None and isinstance(node.op, DimShuffle) and node.op.new_order == order:
        return node.inputs[0]


def channels_last(variable):
    """The feature maps in the order of the kernels; cancels :func:`channels_first`."""
    maps = rearranged(variable, CHANNELS_FIRST)
    return ChannelsLast()(variable) if maps is None else maps


def channels_first(maps):
    return maps.dimshuffle(CHANNELS_FIRST)


def is_rearranged(variable):
    """Whether it is feature maps of ours as Theano sees them."""
    return is_maps(variable) and rearranged(variable, CHANNELS_FIRST) is not None


def vector(variable):
    """A (1, channels, 1, 1) variable as a vector."""
    found = rearranged(variable, PER_CHANNEL)
    return variable.dimshuffle(1) if found is None else found


def replacing(node, results):
    """``results``, with the axes of length 1 that the outputs of ``node`` are known to have."""
    return [
        result if result.type == output.type else T.patternbroadcast(result, output.broadcastable)
        for output, result in zip(node.outputs, results)
    ]


# Rectifiers.  Theano and Lasagne write them as c1 x + c2 |x| with c1 + c2 = 1, for the sake of
# GPUs; the slope below zero is c1 - c2.  Theano's gradient is c1 g + c2 g sgn(x).


def slope_of(above, below):
    """The slope of a rectifier from c1 and c2, or None if it is none that keeps signs."""
    if above is not None and below is not None and abs(above + below - 1) < 1e-6:
        slope = round(above - below, 6)
        return slope if slope >= 0 else None


@local_optimizer([Elemwise])
def rectifier(node):
    """x/2 + |x|/2, or the same with other constants → Rectify."""
    output = node.outputs[0]
    if not is_maps(output):
        return
    whole, factor = scaled(output)
    if factor == 0.5:
        terms = [(pair, (0.5, 0.5)) for pair in pairs(whole, scalar.add)]
    else:
        terms = []
        for pair in pairs(output, scalar.add):
            variables, factors = zip(*map(scaled, pair))
            if None not in factors:
                terms.append((variables, factors))
    for (x, magnitude), factors in terms:
        slope = slope_of(*factors)
        if slope is not None and arguments(magnitude, scalar.abs_) == [x]:
            return [Elemwise(Rectify(slope))(x)]


@local_optimizer([Elemwise])
def rectifier_gradient(node):
    """c1 g + c2 g sgn(x) → RectifyGrad, which looks at the rectified x: that is at hand longer."""
    output = node.outputs[0]
    if not is_maps(output):
        return
    for straight, signed in pairs(output, scalar.add):
        gradient, above = scaled(straight)
        for product, sign in pairs(signed, scalar.mul):
            same, below = scaled(product)
            slope = slope_of(above, below)
            x = arguments(sign, scalar.sgn)
            if gradient is same and slope is not None and x is not None:
                return [Elemwise(RectifyGrad(slope))(Elemwise(Rectify(slope))(*x), gradient)]


# Operations, one by one, between rearrangements

OF_OURS = {
    AbstractConv2d: Convolution,
    AbstractConv2d_gradInputs: ConvolutionGradInputs,
    AbstractConv2d_gradWeights: ConvolutionGradWeights,
}


@local_optimizer(list(OF_OURS))
def convolution(node):
    """Convolutions of float32 without dilation or groups, and their gradients."""
    theirs = node.op
    if not (
        type(theirs) in OF_OURS
        and is_maps(node.outputs[0])
        and all(map(is_maps, node.inputs[:2]))
        and theirs.filter_dilation == (1, 1)
        and theirs.num_groups == 1
        and not theirs.unshared
    ):
        return
    ours = OF_OURS[type(theirs)](theirs.border_mode, theirs.subsample, theirs.filter_flip)
    if isinstance(ours, Convolution):
        maps, filters = node.inputs
        return replacing(node, [channels_first(ours(channels_last(maps), filters))])
    if isinstance(ours, ConvolutionGradInputs):
        filters, gradient, size = node.inputs
        return replacing(
            node,
            [channels_first(ours(filters, channels_last(gradient), known(theirs.imshp, size)))],
        )
    maps, gradient, size = node.inputs
    return replacing(
        node, [ours(channels_last(maps), channels_last(gradient), known(theirs.kshp, size))]
    )


def known(shape, size):
    """``size``, a vector; as a constant, where it is the end of a shape that is known."""
    if None in shape[2:]:
        return size
    return T.constant(
        [int(T.get_scalar_constant_value(length)) for length in shape[2:]], dtype='int64'
    )


def is_normalization(node, scale):
    """Whether it normalizes maps of ours over pictures and positions."""
    return (
        node.op.axes == (0, 2, 3)
        and is_rearranged(node.inputs[0])
        and is_maps(node.outputs[0])
        and all(scale.broadcastable[i] for i in (0, 2, 3))
    )


@local_optimizer([AbstractBatchNormTrain])
def normalization(node):
    """Batch normalization in training, whose running averages are somebody else's."""
    maps, scale, bias, epsilon = node.inputs[:4]
    if not is_normalization(node, scale) or constant(epsilon) is None or len(node.outputs) > 3:
        return
    result, *statistics = Normalize(constant(epsilon))(
        channels_last(maps), vector(scale), vector(bias)
    )
    return replacing(
        node,
        [channels_first(result)] + [statistic.dimshuffle(PER_CHANNEL) for statistic in statistics],
    )


@local_optimizer([AbstractBatchNormTrainGrad])
def normalization_gradient(node):
    maps, gradient, scale, mean, inv_std, _ = node.inputs
    if not is_normalization(node, scale):
        return
    scale, mean, inv_std = map(vector, (scale, mean, inv_std))
    bias = T.zeros_like(scale)  # does not matter until there is a rectifier
    result, *others = NormalizeGrad()(
        channels_last(maps), scale, bias, mean, inv_std, channels_last(gradient)
    )
    return replacing(
        node, [channels_first(result)] + [other.dimshuffle(PER_CHANNEL) for other in others]
    )


@local_optimizer([AbstractBatchNormInference])
def normalization_by_averages(node):
    maps, *parameters, epsilon = node.inputs
    if not is_normalization(node, parameters[0]):
        return
    scale, bias, mean, variance = map(vector, parameters)
    factor = scale / T.sqrt(variance + T.cast(epsilon, 'float32'))
    return replacing(
        node, [channels_first(Affine()(channels_last(maps), factor, bias - mean * factor))]
    )


@local_optimizer([Elemwise])
def affine(node):
    """Maps of ours plus, minus or times a number for each channel; one after the other."""
    for pair in (node.inputs, node.inputs[::-1]):
        if len(pair) != 2 or not is_maps(node.outputs[0]) or not is_rearranged(pair[0]):
            continue
        maps, parameter = channels_last(pair[0]), rearranged(pair[1], PER_CHANNEL)
        if parameter is None or parameter.type != T.fvector:
            continue
        factor, shift = T.ones_like(parameter), T.zeros_like(parameter)
        if maps.owner is not None and maps.owner.op == Affine() and len(maps.owner.inputs) == 3:
            maps, factor, shift = maps.owner.inputs
        if node.op.scalar_op == scalar.add:
            shift = shift + parameter
        elif node.op.scalar_op == scalar.sub and pair[0] is node.inputs[0]:
            shift = shift - parameter
        elif node.op.scalar_op == scalar.mul:
            factor, shift = factor * parameter, shift * parameter
        else:
            continue
        return replacing(node, [channels_first(Affine()(maps, factor, shift))])


@local_optimizer([Elemwise])
def elementwise(node):
    """Any elementwise operation follows the order of maps of ours."""
    if not (
        all(output.ndim == 4 for output in node.outputs) and any(map(is_rearranged, node.inputs))
    ):
        return
    inputs = [
        channels_last(variable) if is_rearranged(variable) else variable.dimshuffle(CHANNELS_LAST)
        for variable in node.inputs
    ]
    return replacing(node, map(channels_first, node.op.make_node(*inputs).outputs))


@local_optimizer([Join])
def concatenation(node):
    """Along the channels."""
    axis, *parts = node.inputs
    if constant(axis) in (1, -3) and all(map(is_maps, parts)) and any(map(is_rearranged, parts)):
        return replacing(node, [channels_first(Concatenate()(*map(channels_last, parts)))])


@local_optimizer([Split])
def split(node):
    """Along the channels: the gradient of a concatenation."""
    maps, axis, sizes = node.inputs
    if is_rearranged(maps) and constant(axis) in (1, -3):
        parts = SplitChannels(node.op.len_splits)(channels_last(maps), sizes)
        return replacing(node, map(channels_first, parts))


@local_optimizer([Sum])
def total(node):
    """The sum of all numbers does not ask for their order."""
    (maps,) = node.inputs
    if is_rearranged(maps) and node.outputs[0].ndim == 0:
        return [node.op(channels_last(maps))]


@local_optimizer([Elemwise])
def sigmoid(node):
    if node.op.scalar_op == scalar_sigmoid and is_maps(node.inputs[0]):
        return [Sigmoid()(node.inputs[0])]


# Precision

FILTERS = {Convolution: 1, ConvolutionGradInputs: 0}  # which of their inputs


def begins_gradient(node):
    """Whether it is what :func:`theano.grad` begins with: ones like a cost."""
    return (
        isinstance(node.op, Elemwise)
        and node.op.scalar_op == scalar.second
        and node.outputs[0].ndim == 0
        and constant(node.inputs[1]) == 1
    )


def makers(variables):
    """The nodes that ``variables`` are computed by."""
    return [variable.owner for variable in ancestors(variables) if variable.owner]


def is_gradient(node):
    """Whether a convolution of ours is part of the gradient of a cost.

    All of a gradient follows the ones that it begins with.  Other convolutions may follow them as
    well, those of a network that is applied to a gradient, say; but they do not share filters with
    one that goes the other way and that the cost is made by.
    """

    def filters(node):
        return node.inputs[FILTERS[type(node.op)]]

    costs = [other.inputs[0] for other in makers(node.inputs) if begins_gradient(other)]
    if isinstance(node.op, ConvolutionGradWeights):
        return bool(costs)
    return any(
        type(other.op) in FILTERS
        and type(other.op) is not type(node.op)
        and filters(other) is filters(node)
        for other in makers(costs)
    )


class SetPrecision(Optimizer):
    """That of convolutions; with float32 gradients do without their last bits.

    Those gradients keep them that another cost is made of.
    """

    def __init__(self, precision):
        self.precision = precision

    def apply(self, fgraph):
        nodes = fgraph.toposort()
        kept = set(makers(node.inputs[0] for node in nodes if begins_gradient(node)))
        for node in nodes:
            if type(node.op) in OF_OURS.values():
                nearly = self.precision == 'float32' and node not in kept and is_gradient(node)
                op = node.op.with_precision('nearly float32' if nearly else self.precision)
                fgraph.replace_validate(node.outputs[0], op(*node.inputs), reason='SetPrecision')


# Folding one operation of ours into another


def maker(variable, *operations):
    """The node of one of these operations that made ``variable`` for one other alone, or None."""
    node = variable.owner
    if node is not None and type(node.op) in operations and len(variable.clients) == 1:
        return node


@local_optimizer([NormalizeGrad])
def rectifier_into_gradient(node):
    """The gradient of a rectifier that a normalization comes before."""
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
    """The sum of two gradients, of maps that go two ways."""
    *inputs, gradient = node.inputs
    terms = arguments(gradient, scalar.add)
    if len(inputs) == 5 and terms is not None and len(terms) == 2 and len(gradient.clients) == 1:
        return node.op(*inputs, *terms, return_list=True)


def refined(node, before, operation, *others):
    """Replacements for ``before`` and ``node``, which is applied to its first result.

    ``operation`` does both; it gets ``others`` besides the arguments of ``before``.
    """
    results = operation(*before.inputs, *others, return_list=True)
    return dict(zip([node.outputs[0]] + before.outputs[1:], results))


@local_optimizer([Elemwise])
def rectifier_into_normalization(node):
    if isinstance(node.op.scalar_op, Rectify):
        before = maker(node.inputs[0], Normalize, Affine)
        if before is not None and before.op.slope == 1:
            slope = node.op.scalar_op.slope
            return refined(
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
        return refined(node, before, before.op, *others)


# Means


@local_optimizer([Subtensor])
def cast_length(node):
    """A length from a shape that is cast → the length, which is then cast.

    A mean is a sum divided by such lengths.  Theano would make a vector of those that it knows,
    cast it and take them out again, each step by a program that it has to compile.
    """
    cast = node.inputs[0].owner
    if (
        node.outputs[0].ndim == 0
        and cast is not None
        and isinstance(cast.op, Elemwise)
        and isinstance(cast.op.scalar_op, scalar.Cast)
    ):
        return [T.cast(node.op(*cast.inputs, *node.inputs[1:]), node.outputs[0].dtype)]


# Adam

AdamStep = namedtuple('AdamStep', 'param, gradient, first, second, constants')


def adam_step(param, new_values):
    """The step of Lasagne's Adam that gives ``param`` its new value, or None if that is another.

    ``new_values`` are those of all variables that are updated.
    """
    new_value, clip = clipped(new_values[param])
    try:
        same_param, step = arguments(new_value, scalar.sub)
        numerator, denominator = arguments(step, scalar.true_div)
        ((step_size, new_first),) = [
            (size, moment) for size, moment in pairs(numerator, scalar.mul) if is_number(size)
        ]
        ((root, epsilon),) = [
            pair for pair in pairs(denominator, scalar.add) if constant(pair[1]) is not None
        ]
        (new_second,) = arguments(root, scalar.sqrt)
        first, gradient, beta1 = average(new_first)
        second, square, beta2 = average(new_second)
        same_gradient, power = arguments(square, scalar.pow)
    except (TypeError, ValueError):  # another number of arguments, or none
        return None
    constants = step_size.owner.inputs[0], beta1, beta2, constant(epsilon), clip
    if (
        same_param is param
        and same_gradient is gradient
        and constant(power) == 2
        and new_values.get(first) is new_first
        and new_values.get(second) is new_second
        and all(variable.type == param.type for variable in (first, second, new_value))
        and gradient.dtype == param.dtype == 'float32'
    ):
        return AdamStep(param, gradient, first, second, constants)


def clipped(variable):
    """(v, c) where ``variable`` is v clipped to [-c, c]; else (variable, None)."""
    found = arguments(variable, scalar.clip)
    if found is not None:
        value, low, high = found
        limit = constant(high)
        if limit is not None and constant(low) == -limit:
            return value, limit
    return variable, None


def is_number(variable):
    """Whether it is a scalar float32 variable, as it stands beside arrays."""
    node = variable.owner
    return (
        node is not None
        and isinstance(node.op, DimShuffle)
        and node.inputs[0].ndim == 0
        and node.inputs[0].dtype == 'float32'
    )


def average(variable):
    """(old, new, c) of ``c * old + (1 - c) * new``; ValueError if it is something else."""
    (old, kept), (new, added) = map(scaled, arguments(variable, scalar.add))
    if kept is None or added is None or abs(kept + added - 1) > 1e-6:
        raise ValueError
    return old, new, kept


class MergedAdam(Optimizer):
    """One operation for all the parameters that Adam moves at the same rate."""

    def apply(self, fgraph):
        new_values = {
            fgraph.inputs[source]: fgraph.outputs[result]
            for result, source in (fgraph.update_mapping or {}).items()
        }
        groups = OrderedDict()
        for step in [adam_step(param, new_values) for param in new_values]:
            if step is not None:
                groups.setdefault(step.constants, []).append(step)
        for (step_size, *constants), steps in groups.items():
            params, gradients, firsts, seconds, _ = zip(*steps)
            moved = [new_values[variable] for variable in (*params, *firsts, *seconds)]
            if set(moved) & set(ancestors(gradients)):  # they move one after the other
                continue
            results = Adam(len(steps), *constants)(
                step_size, *params, *gradients, *firsts, *seconds, return_list=True
            )
            fgraph.replace_all_validate(list(zip(moved, results)), reason='MergedAdam')


@local_optimizer([Adam])
def adam_in_place(node):
    """Overwrite parameters and moments, where Theano keeps watch over what is overwritten."""
    adam = node.op
    if not adam.inplace and hasattr(node.fgraph, 'destroy_handler'):
        return Adam(adam.count, adam.beta1, adam.beta2, adam.epsilon, adam.clip, inplace=True)(
            *node.inputs, return_list=True
        )


RECTIFIERS = rectifier, rectifier_gradient
LAYOUT = (
    convolution,
    normalization,
    normalization_gradient,
    normalization_by_averages,
    affine,
    elementwise,
    concatenation,
    split,
    total,
)
GRADIENTS = rectifier_into_gradient, sum_into_gradient
FORWARD = rectifier_into_normalization, normalization_into_concatenation


def in_order(optimizations, failure_callback=None):
    """From the inputs of a graph to its outputs."""
    return TopoOptimizer(
        LocalOptGroup(*optimizations), 'in_to_out', failure_callback=failure_callback
    )
