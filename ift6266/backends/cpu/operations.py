"""Theano operations over the kernels.

Here feature maps are ``(batch, height, width, channel)`` float32, where Theano and Lasagne
write ``(batch, channel, height, width)``.  Results are new and C-contiguous, unless their
operation says otherwise; arguments may be laid out as they like, and are copied where a kernel
cannot read them so.

No operation has a gradient: they are put into graphs that have their gradients already.  But
for the elementwise rectifiers they call the kernels from Python, so that there is nothing to
compile.
"""

import numpy as np
import theano.tensor as T
from theano import Apply, Op
from theano.scalar import BinaryScalarOp, ScalarOp, UnaryScalarOp, transfer_type
from theano.tensor.nnet.abstract_conv import border_mode_to_pad

from ift6266.backends.cpu import bindings


def _dense(array):
    """The array, or where it is laid out in another way a C-contiguous copy."""
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def _rows(maps):
    """The feature maps, or a dense copy of them where a kernel could not walk through them.

    It can walk through whole feature maps and through adjacent channels of wider ones.
    """
    batch, height, width, channel = maps.strides
    evenly_spaced = (
        channel == maps.itemsize
        and height == width * maps.shape[2]
        and batch == height * maps.shape[1]
    )
    return maps if evenly_spaced else _dense(maps)


class ChannelsLast(Op):
    """(batch, channel, height, width) → (batch, height, width, channel).

    A view, where the channels come last in memory already.
    """

    __props__ = ()
    view_map = {0: [0]}

    def make_node(self, maps):
        return Apply(self, [maps], [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        maps = inputs[0].transpose(0, 2, 3, 1)
        if not maps.flags.c_contiguous and maps.shape[3] < 8:
            result = bindings.empty(maps.shape)
            for channel in range(maps.shape[3]):  # NumPy is slow at copying rows this short
                result[..., channel] = maps[..., channel]
            maps = result
        outputs[0][0] = _dense(maps)

    def infer_shape(self, node, shapes):
        ((batch, channels, height, width),) = shapes
        return [(batch, height, width, channels)]


class _Convolution(Op):
    """What a convolution and its gradients share.

    Whoever asks for the shape of their results gets that of the results themselves: Theano
    would spell out how it follows from one convolution after the other, and compile it.

    Parameters
    ----------
    padding : 'valid', 'half', 'full' or a pair of int or of pairs of int
        As Theano's ``border_mode``.
    stride : pair of int
    flip : bool
        As Theano's ``filter_flip``: True for a convolution, False for a correlation.
    precision : str
        As :func:`bindings.convolve` has it.
    """

    __props__ = ('padding', 'stride', 'flip', 'precision')

    def __init__(self, padding, stride, flip, precision='float32'):
        self.padding, self.stride, self.flip = padding, tuple(map(int, stride)), bool(flip)
        self.precision = precision

    def with_precision(self, precision):
        return type(self)(self.padding, self.stride, self.flip, precision)

    def _geometry(self, filter_size):
        return self.stride, border_mode_to_pad(self.padding, 2, filter_size), self.flip


class Convolution(_Convolution):
    """(feature maps, filters) → feature maps; filters as Theano has them.

    These are (outputs, inputs, height, width), C-contiguous, for the gradients as well.
    """

    def make_node(self, maps, filters):
        return Apply(self, [maps, filters], [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        maps, filters = map(_dense, inputs)
        outputs[0][0] = bindings.convolve(
            maps, filters, *self._geometry(filters.shape[2:]), self.precision
        )


class ConvolutionGradInputs(_Convolution):
    """(filters, gradient of the results, size of the inputs) → gradient of the inputs.

    The size is an integer vector, (height, width).
    """

    def make_node(self, filters, gradient, size):
        return Apply(self, [filters, gradient, size], [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        filters, gradient = map(_dense, inputs[:2])
        outputs[0][0] = bindings.convolve_backward_data(
            filters,
            gradient,
            *self._geometry(filters.shape[2:]),
            tuple(inputs[2].tolist()),
            self.precision,
        )


class ConvolutionGradWeights(_Convolution):
    """(feature maps, gradient of the results, size of the filters) → gradient of the filters.

    The size is an integer vector, (height, width).
    """

    def make_node(self, maps, gradient, size):
        return Apply(self, [maps, gradient, size], [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        maps, gradient = map(_dense, inputs[:2])
        size = tuple(inputs[2].tolist())
        outputs[0][0] = bindings.convolve_backward_weights(
            maps, gradient, *self._geometry(size), size, self.precision
        )


class _Rectification(ScalarOp):
    """The last argument where the first is positive, ``slope`` times that elsewhere.

    For Theano's elementwise operations, which compile it, alone or together with others.
    """

    __props__ = ('slope',)

    def __init__(self, slope):
        super().__init__(transfer_type(0))
        self.slope = slope

    def make_new_inplace(self, output_types_preference=None, name=None):
        return type(self)(self.slope)

    def impl(self, *inputs):
        return inputs[-1] if inputs[0] > 0 else self.slope * inputs[-1]

    def c_code(self, node, name, inputs, outputs, sub):
        return '{} = {} > 0 ? {value} : ({}){!r} * {value};'.format(
            outputs[0],
            inputs[0],
            node.outputs[0].type.dtype_specs()[1],
            self.slope,
            value=inputs[-1],
        )

    def c_code_cache_version(self):
        return (1,)


class Rectify(_Rectification, UnaryScalarOp):
    """x → a (leaky) ReLU of it."""


class RectifyGrad(_Rectification, BinaryScalarOp):
    """(x or a rectified x, gradient of the rectified x) → gradient of x.

    At zero the slope below zero counts, where the gradient of Theano's expression is the mean
    of both.
    """


class _Concatenating(Op):
    """An operation whose first result is followed by other feature maps, channel by channel."""

    def _result(self, maps, others):
        """An array for ``maps`` and ``others``, these copied, and its part for ``maps``."""
        if not others:
            result = bindings.empty(maps.shape)
            return result, result
        *sizes, begin = maps.shape
        result = bindings.empty((*sizes, begin + sum(other.shape[3] for other in others)))
        first = result[..., :begin]
        for other in others:
            end = begin + other.shape[3]
            bindings.copy(_rows(other), result[..., begin:end])
            begin = end
        return result, first

    def _shape(self, shape, others):
        return (*shape[:3], sum((other[3] for other in others), shape[3]))


class Concatenate(_Concatenating):
    """Feature maps → all their channels, one after the other."""

    __props__ = ()

    def make_node(self, *maps):
        return Apply(self, maps, [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        first, *others = map(_rows, inputs)
        outputs[0][0], part = self._result(first, others)
        bindings.copy(first, part)

    def infer_shape(self, node, shapes):
        return [self._shape(shapes[0], shapes[1:])]


class SplitChannels(Op):
    """(feature maps, numbers of channels) → that many feature maps: views of the whole."""

    __props__ = ('count',)

    def __init__(self, count):
        self.count = count
        self.view_map = {index: [0] for index in range(count)}

    def make_node(self, maps, sizes):
        return Apply(self, [maps, sizes], [T.ftensor4() for _ in range(self.count)])

    def perform(self, node, inputs, outputs):
        maps, sizes = inputs
        if sizes.sum() != maps.shape[3]:
            raise ValueError(f'{maps.shape[3]} channels do not split into {sizes}')
        begin = 0
        for output, size in zip(outputs, sizes.tolist()):
            output[0] = maps[..., begin : begin + size]
            begin += size

    def infer_shape(self, node, shapes):
        return [(*shapes[0][:3], node.inputs[1][index]) for index in range(self.count)]


class Normalize(_Concatenating):
    """Batch normalization in training with a (leaky) ReLU, perhaps followed by a concatenation.

    (feature maps, scale, bias, others…) → the feature maps normalized, rectified, and followed
    by the channels of the others; mean and inverse standard deviation of each channel.

    Parameters
    ----------
    epsilon : float
    slope : float
        Below zero; 1 for no rectification.
    """

    __props__ = ('epsilon', 'slope')

    def __init__(self, epsilon, slope=1.0):
        self.epsilon, self.slope = epsilon, slope

    def make_node(self, maps, scale, bias, *others):
        return Apply(self, [maps, scale, bias, *others], [T.ftensor4(), T.fvector(), T.fvector()])

    def perform(self, node, inputs, outputs):
        maps, *others = map(_rows, inputs[:1] + inputs[3:])
        scale, bias = map(_dense, inputs[1:3])
        outputs[0][0], part = self._result(maps, others)
        _, outputs[1][0], outputs[2][0] = bindings.normalize(
            maps, scale, bias, self.epsilon, self.slope, part
        )

    def infer_shape(self, node, shapes):
        maps, scale, _, *others = shapes
        return [self._shape(maps, others), scale, scale]


class NormalizeGrad(Op):
    """The gradients of :class:`Normalize` for feature maps, scale and bias.

    (feature maps, scale, bias, mean, inverse standard deviation, gradient of the rectified
    maps) → the three gradients.  There may be a second gradient: it is added to the first.
    """

    __props__ = ('slope',)

    def __init__(self, slope=1.0):
        self.slope = slope

    def make_node(self, maps, scale, bias, mean, inv_std, *gradients):
        return Apply(
            self,
            [maps, scale, bias, mean, inv_std, *gradients],
            [T.ftensor4(), T.fvector(), T.fvector()],
        )

    def perform(self, node, inputs, outputs):
        maps, *gradients = map(_rows, inputs[:1] + inputs[5:])
        second = gradients[1] if len(gradients) > 1 else None
        results = bindings.normalize_backward(
            maps, gradients[0], second, *map(_dense, inputs[1:5]), self.slope
        )
        for output, result in zip(outputs, results):
            output[0] = result

    def infer_shape(self, node, shapes):
        return shapes[:3]


class Affine(_Concatenating):
    """What :class:`Normalize` comes to where mean and deviation are given.

    (feature maps, factor, shift, others…) → ``factor * maps + shift`` for each channel,
    rectified, and followed by the channels of the others.
    """

    __props__ = ('slope',)

    def __init__(self, slope=1.0):
        self.slope = slope

    def make_node(self, maps, factor, shift, *others):
        return Apply(self, [maps, factor, shift, *others], [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        maps, *others = map(_rows, inputs[:1] + inputs[3:])
        outputs[0][0], part = self._result(maps, others)
        bindings.affine(maps, *map(_dense, inputs[1:3]), self.slope, part)

    def infer_shape(self, node, shapes):
        return [self._shape(shapes[0], shapes[3:])]


class Sigmoid(Op):
    """Feature maps, in any order of their axes → their sigmoid."""

    __props__ = ()

    def make_node(self, maps):
        return Apply(self, [maps], [maps.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = bindings.sigmoid(_dense(inputs[0]))

    def infer_shape(self, node, shapes):
        return shapes


class Adam(Op):
    """A step of Adam for all parameters, as Lasagne has it; see :func:`bindings.adam`.

    (step size, parameters…, gradients…, first moments…, second moments…) → new parameters…,
    first moments…, second moments….

    Parameters
    ----------
    count : int
        Number of parameters.
    beta1, beta2, epsilon : float
    clip : float or None
    inplace : bool
        Whether parameters and moments are overwritten.
    """

    __props__ = ('count', 'beta1', 'beta2', 'epsilon', 'clip', 'inplace')

    def __init__(self, count, beta1, beta2, epsilon, clip, inplace=False):
        self.count, self.beta1, self.beta2, self.epsilon = count, beta1, beta2, epsilon
        self.clip, self.inplace = clip, inplace
        if inplace:
            groups = 0, 2, 3  # the gradients are between the parameters and the moments
            self.destroy_map = {
                index * count + number: [1 + group * count + number]
                for index, group in enumerate(groups)
                for number in range(count)
            }

    def make_node(self, step_size, *arrays):
        params, _, firsts, seconds = self._groups(arrays)
        return Apply(
            self,
            [step_size, *arrays],
            [variable.type() for variable in (*params, *firsts, *seconds)],
        )

    def perform(self, node, inputs, outputs):
        step_size, *arrays = inputs
        params, gradients, firsts, seconds = self._groups(arrays)
        if not self.inplace or not all(
            array.flags.c_contiguous for array in (*params, *firsts, *seconds)
        ):
            params, firsts, seconds = [
                [array.copy() for array in group] for group in (params, firsts, seconds)
            ]
        bindings.adam(
            params,
            list(map(_dense, gradients)),
            firsts,
            seconds,
            float(step_size),
            self.beta1,
            self.beta2,
            self.epsilon,
            self.clip,
        )
        for output, array in zip(outputs, (*params, *firsts, *seconds)):
            output[0] = array

    def infer_shape(self, node, shapes):
        params, _, firsts, seconds = self._groups(shapes[1:])
        return [*params, *firsts, *seconds]

    def _groups(self, items):
        return [items[begin : begin + self.count] for begin in range(0, 4 * self.count, self.count)]
