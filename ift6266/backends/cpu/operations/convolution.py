"""Convolutions and their two gradients."""

import theano.tensor as T
from theano import Apply, Op
from theano.tensor.nnet.abstract_conv import border_mode_to_pad

from ift6266.backends.cpu import bindings
from ift6266.backends.cpu.operations.arrays import dense


class _Convolution(Op):
    """What a convolution and its gradients share.

    They have no ``infer_shape``: from the shapes of one convolution after the other Theano would
    build, and compile, an expression for that of the result.

    Parameters
    ----------
    padding : 'valid', 'half', 'full' or a pair of int or of pairs of int
        As Theano's ``border_mode``.
    stride : pair of int
    flip : bool
        As Theano's ``filter_flip``: True for a convolution, False for a correlation.
    precision : str
        As in :func:`ift6266.backends.cpu.bindings.convolve`.
    """

    __props__ = ('padding', 'stride', 'flip', 'precision')

    def __init__(self, padding, stride, flip, precision='float32'):
        self.padding, self.stride, self.flip = padding, tuple(map(int, stride)), bool(flip)
        self.precision = precision

    def with_precision(self, precision):
        return type(self)(self.padding, self.stride, self.flip, precision)

    def _geometry(self, filter_size):
        padding = border_mode_to_pad(self.padding, 2, filter_size)
        return bindings.Geometry(self.stride, padding, self.flip)


class Convolution(_Convolution):
    """(feature maps, filters) → feature maps; filters as Theano has them.

    These are (outputs, inputs, height, width), C-contiguous, for the gradients as well.
    """

    def make_node(self, maps, filters):
        return Apply(self, [maps, filters], [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        maps, filters = map(dense, inputs)
        outputs[0][0] = bindings.convolve(
            maps, filters, self._geometry(filters.shape[2:]), precision=self.precision
        )


class ConvolutionGradInputs(_Convolution):
    """(filters, gradient of the results, size of the inputs) → gradient of the inputs.

    The size is an integer vector, (height, width).
    """

    def make_node(self, filters, gradient, size):
        return Apply(self, [filters, gradient, size], [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        filters, gradient = map(dense, inputs[:2])
        outputs[0][0] = bindings.convolve_backward_data(
            filters,
            gradient,
            self._geometry(filters.shape[2:]),
            size=tuple(inputs[2].tolist()),
            precision=self.precision,
        )


class ConvolutionGradWeights(_Convolution):
    """(feature maps, gradient of the results, size of the filters) → gradient of the filters.

    The size is an integer vector, (height, width).
    """

    def make_node(self, maps, gradient, size):
        return Apply(self, [maps, gradient, size], [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        maps, gradient = map(dense, inputs[:2])
        size = tuple(inputs[2].tolist())
        outputs[0][0] = bindings.convolve_backward_weights(
            maps, gradient, self._geometry(size), filter_size=size, precision=self.precision
        )
