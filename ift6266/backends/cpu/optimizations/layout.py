"""Operations over the kernels in place of Theano's, between rearrangements of axes that cancel."""

import operator

import theano.tensor as T
from theano import scalar
from theano.compile.ops import Shape
from theano.gof import local_optimizer
from theano.tensor.basic import Join, Reshape, Split
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
from theano.tensor.signal.pool import MaxPoolGrad as TheanosMaxPoolGrad
from theano.tensor.signal.pool import Pool

from ift6266.backends.cpu.operations import (
    Affine,
    Concatenate,
    Convolution,
    ConvolutionGradInputs,
    ConvolutionGradWeights,
    Enlarge,
    MaxPool,
    MaxPoolGrad,
    Normalize,
    NormalizeGrad,
    Sigmoid,
    SplitChannels,
    SumChannels,
    SumWindows,
    Tanh,
)
from ift6266.backends.cpu.optimizations.patterns import (
    CHANNELS_LAST,
    PER_CHANNEL,
    arguments,
    channels_first,
    channels_last,
    constant,
    constants,
    is_length,
    is_maps,
    is_rearranged,
    pairs,
    rearranged,
    repetition,
    vector,
    vector_of,
    with_types_of,
)

OURS = {
    AbstractConv2d: Convolution,
    AbstractConv2d_gradInputs: ConvolutionGradInputs,
    AbstractConv2d_gradWeights: ConvolutionGradWeights,
}


@local_optimizer(list(OURS))
def convolution(node):
    """Convolutions of float32 without dilation or groups, and their gradients."""
    theirs = node.op
    if not (
        type(theirs) in OURS
        and is_maps(node.outputs[0])
        and all(map(is_maps, node.inputs[:2]))
        and theirs.filter_dilation == (1, 1)
        and theirs.num_groups == 1
        and not theirs.unshared
    ):
        return
    ours = OURS[type(theirs)](theirs.border_mode, theirs.subsample, theirs.filter_flip)
    if isinstance(ours, Convolution):
        maps, filters = node.inputs
        return with_types_of(node, [channels_first(ours(channels_last(maps), filters))])
    if isinstance(ours, ConvolutionGradInputs):
        filters, gradient, size = node.inputs
        size = constant_size(theirs.imshp, size)
        return with_types_of(node, [channels_first(ours(filters, channels_last(gradient), size))])
    maps, gradient, size = node.inputs
    size = constant_size(theirs.kshp, size)
    return with_types_of(node, [ours(channels_last(maps), channels_last(gradient), size)])


def constant_size(shape, size):
    """The vector ``size``, the last two lengths of ``shape``: a constant, where these are known."""
    if None in shape[2:]:
        return size
    return T.constant(
        [int(T.get_scalar_constant_value(length)) for length in shape[2:]], dtype='int64'
    )


def is_normalization(node, scale):
    """Whether it normalizes maps of the kernels over pictures and positions."""
    return (
        node.op.axes == (0, 2, 3)
        and is_rearranged(node.inputs[0])
        and is_maps(node.outputs[0])
        and all(scale.broadcastable[i] for i in (0, 2, 3))
    )


@local_optimizer([AbstractBatchNormTrain])
def normalization(node):
    """Batch normalization in training; Lasagne's layer has no running averages in it."""
    maps, scale, bias, epsilon = node.inputs[:4]
    if not is_normalization(node, scale) or constant(epsilon) is None or len(node.outputs) > 3:
        return
    result, *statistics = Normalize(constant(epsilon))(
        channels_last(maps), vector(scale), vector(bias)
    )
    return with_types_of(
        node,
        [channels_first(result)] + [statistic.dimshuffle(PER_CHANNEL) for statistic in statistics],
    )


@local_optimizer([AbstractBatchNormTrainGrad])
def normalization_gradient(node):
    maps, gradient, scale, mean, inv_std, _ = node.inputs
    if not is_normalization(node, scale):
        return
    scale, mean, inv_std = map(vector, (scale, mean, inv_std))
    bias = T.zeros_like(scale)  # not used until a rectifier is folded into it
    result, *others = NormalizeGrad()(
        channels_last(maps), scale, bias, mean, inv_std, channels_last(gradient)
    )
    return with_types_of(
        node, [channels_first(result)] + [other.dimshuffle(PER_CHANNEL) for other in others]
    )


@local_optimizer([AbstractBatchNormInference])
def normalization_by_averages(node):
    maps, *parameters, epsilon = node.inputs
    if not is_normalization(node, parameters[0]):
        return
    scale, bias, mean, variance = map(vector, parameters)
    factor = scale / T.sqrt(variance + T.cast(epsilon, 'float32'))
    return with_types_of(
        node, [channels_first(Affine()(channels_last(maps), factor, bias - mean * factor))]
    )


@local_optimizer([Elemwise])
def affine(node):
    """Maps of the kernels plus, minus or times a number for each channel, one after the other."""
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
        return with_types_of(node, [channels_first(Affine()(maps, factor, shift))])


@local_optimizer([Elemwise])
def elementwise(node):
    """Any elementwise operation is applied to maps in the order of the kernels."""
    if not (
        all(output.ndim == 4 for output in node.outputs) and any(map(is_rearranged, node.inputs))
    ):
        return
    inputs = [
        channels_last(variable) if is_rearranged(variable) else variable.dimshuffle(CHANNELS_LAST)
        for variable in node.inputs
    ]
    return with_types_of(node, map(channels_first, node.op.make_node(*inputs).outputs))


@local_optimizer([Join])
def concatenation(node):
    """Along the channels."""
    axis, *parts = node.inputs
    if constant(axis) in (1, -3) and all(map(is_maps, parts)) and any(map(is_rearranged, parts)):
        return with_types_of(node, [channels_first(Concatenate()(*map(channels_last, parts)))])


@local_optimizer([Split])
def split(node):
    """Along the channels: the gradient of a concatenation."""
    maps, axis, sizes = node.inputs
    if is_rearranged(maps) and constant(axis) in (1, -3):
        parts = SplitChannels(node.op.len_splits)(channels_last(maps), sizes)
        return with_types_of(node, map(channels_first, parts))


@local_optimizer([Sum])
def total(node):
    """The sum of all numbers, which does not depend on their order, or of those of each channel."""
    (maps,) = node.inputs
    if is_rearranged(maps):
        if node.outputs[0].ndim == 0:
            return [node.op(channels_last(maps))]
        if node.op.axis == (0, 2, 3) and node.outputs[0].type == T.fvector:
            return [SumChannels()(channels_last(maps))]


def is_max_pooling(node, window, stride, padding):
    """Whether it takes maxima of windows of maps of the kernels that do not overlap."""
    lengths = [constants(vector) for vector in (window, stride, padding)]
    return (
        node.op.mode == 'max'
        and node.op.ndim == 2
        and is_rearranged(node.inputs[0])
        and is_maps(node.outputs[0])
        and lengths[0] is not None
        and lengths[0] == lengths[1]
        and lengths[2] == (0, 0)
        and (node.op.ignore_border or lengths[0] == (1, 1))
    )


@local_optimizer([Pool])
def max_pooling(node):
    maps, *lengths = node.inputs
    if is_max_pooling(node, *lengths):
        result = MaxPool(constants(lengths[0]))(channels_last(maps))
        return with_types_of(node, [channels_first(result)])


@local_optimizer([TheanosMaxPoolGrad])
def max_pooling_gradient(node):
    maps, maxima, gradient, *lengths = node.inputs
    if is_max_pooling(node, *lengths):
        result = MaxPoolGrad(constants(lengths[0]))(*map(channels_last, (maps, maxima, gradient)))
        return with_types_of(node, [channels_first(result)])


def window_along(axis, times):
    return (times, 1) if axis == 2 else (1, times)


def product(window, other):
    return tuple(map(operator.mul, window, other))


@local_optimizer([Reshape])
def enlargement(node):
    """Theano's repeat along rows or columns."""
    repeated = repetition(node.inputs[0])
    if repeated is None:
        return
    maps, axis, times = repeated
    lengths = vector_of(node.inputs[1])
    if not (
        is_rearranged(maps)
        and lengths is not None
        and len(lengths) == 4
        and all(
            is_length(length, maps, other) for other, length in enumerate(lengths) if other != axis
        )
        and any(
            is_length(length, maps, axis) and constant(factor) == times
            for length, factor in pairs(lengths[axis], scalar.mul)
        )
    ):
        return
    inner, window = channels_last(maps), window_along(axis, times)
    if inner.owner is not None and isinstance(inner.owner.op, Enlarge):
        window = product(window, inner.owner.op.window)
        (inner,) = inner.owner.inputs
    return with_types_of(node, [channels_first(Enlarge(window)(inner))])


@local_optimizer([DimShuffle])
def enlargement_gradient(node):
    """Sums of what was repeated, along an axis that goes again."""
    (before,) = arguments(node.inputs[0], scalar.identity) or node.inputs
    for axis in (2, 3):
        order = [0, 1, 2, 3]
        order.insert(axis + 1, 'x')
        total = rearranged(before, tuple(order))
        if (
            node.op.new_order != tuple(i for i in range(5) if i != axis + 1)
            or total is None
            or total.owner is None
            or not isinstance(total.owner.op, Sum)
            or total.owner.op.axis != (axis + 1,)
        ):
            continue
        reshape = total.owner.inputs[0].owner
        if reshape is None or not isinstance(reshape.op, Reshape):
            continue
        maps, shape = reshape.inputs
        repeated = (
            repetition(shape.owner.inputs[0])
            if shape.owner is not None and isinstance(shape.owner.op, Shape)
            else None
        )
        if repeated is None or repeated[1] != axis or not is_rearranged(maps):
            continue
        inner, window = channels_last(maps), window_along(axis, repeated[2])
        if inner.owner is not None and isinstance(inner.owner.op, SumWindows):
            window = product(window, inner.owner.op.window)
            (inner,) = inner.owner.inputs
        return with_types_of(node, [channels_first(SumWindows(window)(inner))])


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
    max_pooling,
    max_pooling_gradient,
    enlargement,
    enlargement_gradient,
)


@local_optimizer([Elemwise])
def squashing(node):
    """Sigmoids and hyperbolic tangents."""
    ours = {scalar_sigmoid: Sigmoid, scalar.tanh: Tanh}.get(node.op.scalar_op)
    if ours is not None and is_maps(node.inputs[0]):
        return [ours()(node.inputs[0])]
