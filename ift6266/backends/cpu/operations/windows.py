"""Windows of pixels that do not overlap: max-pooling, enlarging, and their gradients."""

import theano.tensor as T
from theano import Apply, Op

from ift6266.backends.cpu import bindings
from ift6266.backends.cpu.operations.arrays import dense


class _Windows(Op):
    """What the operations share.

    Parameters
    ----------
    window : pair of int
        Its rows and columns.
    """

    __props__ = ('window',)

    def __init__(self, window):
        self.window = tuple(window)

    def make_node(self, *maps):
        return Apply(self, maps, [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = self.function(*map(dense, inputs), self.window)


class _Reducing(_Windows):
    """An operation that makes a pixel of each window."""

    def infer_shape(self, node, shapes):
        ((batch, height, width, channels),) = shapes
        rows, columns = self.window
        return [(batch, height // rows, width // columns, channels)]


class MaxPool(_Reducing):
    """Feature maps → the largest number of each channel in each window."""

    function = staticmethod(bindings.max_pool)


class MaxPoolGrad(_Windows):
    """(feature maps, their maxima, gradient of these) → gradient of the feature maps."""

    function = staticmethod(bindings.max_pool_backward)

    def infer_shape(self, node, shapes):
        return shapes[:1]


class SumWindows(_Reducing):
    """Feature maps → the sum of each channel in each window."""

    function = staticmethod(bindings.sum_windows)


class Enlarge(_Windows):
    """Feature maps → the same with a window of equal pixels in the place of each."""

    function = staticmethod(bindings.enlarge)

    def infer_shape(self, node, shapes):
        ((batch, height, width, channels),) = shapes
        rows, columns = self.window
        return [(batch, height * rows, width * columns, channels)]
