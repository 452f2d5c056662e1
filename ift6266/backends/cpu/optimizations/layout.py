"""Operations over the kernels in place of Theano's, between rearrangements of axes that cancel."""

import theano.tensor as T
from theano import scalar
from theano.gof import local_optimizer
from theano.tensor.basic import Join, Split
from theano.tensor.elemwise import Elemwise, Sum
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

from ift6266.backends.cpu.operations import (
    Affine,
    Concatenate,
    Convolution,
    ConvolutionGradInputs,
    ConvolutionGradWeights,
    Normalize,
    NormalizeGrad,
    Sigmoid,
    SplitChannels,
)
from ift6266.backends.cpu.optimizations.patterns import (
    CHANNELS_LAST,
    PER_CHANNEL,
    channels_first,
    channels_last,
    constant,
    is_maps,
    is_rearranged,
    rearranged,
    vector,
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
    """The sum of all numbers, which does not depend on their order."""
    (maps,) = node.inputs
    if is_rearranged(maps) and node.outputs[0].ndim == 0:
        return [node.op(channels_last(maps))]


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


@local_optimizer([Elemwise])
def sigmoid(node):
    if node.op.scalar_op == scalar_sigmoid and is_maps(node.inputs[0]):
        return [Sigmoid()(node.inputs[0])]
