"""Batch normalization, its gradient, and normalization by given statistics."""

import theano.tensor as T
from theano import Apply, Op

from ift6266.backends.cpu import bindings
from ift6266.backends.cpu.operations.arrays import dense, evenly_spaced
from ift6266.backends.cpu.operations.channels import Concatenating


class Normalize(Concatenating):
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
        maps, *others = map(evenly_spaced, inputs[:1] + inputs[3:])
        scale, bias = map(dense, inputs[1:3])
        outputs[0][0], part = self._result(maps, others)
        _, outputs[1][0], outputs[2][0] = bindings.normalize(
            maps, scale, bias, epsilon=self.epsilon, slope=self.slope, out=part
        )

    def infer_shape(self, node, shapes):
        maps, scale, _, *others = shapes
        return [self._shape(maps, others), scale, scale]


class NormalizeGrad(Op):
    """The gradients of :class:`Normalize` for feature maps, scale and bias.

    (feature maps, scale, bias, mean, inverse standard deviation, gradient of the rectified
    maps) → the three gradients.  A second gradient, where there is one, is added to the first.
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
        maps, *gradients = map(evenly_spaced, inputs[:1] + inputs[5:])
        second = gradients[1] if len(gradients) > 1 else None
        scale, bias, mean, inv_std = map(dense, inputs[1:5])
        results = bindings.normalize_backward(
            maps,
            gradients[0],
            second,
            scale=scale,
            bias=bias,
            mean=mean,
            inv_std=inv_std,
            slope=self.slope,
        )
        for output, result in zip(outputs, results):
            output[0] = result

    def infer_shape(self, node, shapes):
        return shapes[:3]


class Affine(Concatenating):
    """:class:`Normalize` with a given mean and deviation.

    (feature maps, factor, shift, others…) → ``factor * maps + shift`` for each channel,
    rectified, and followed by the channels of the others.
    """

    __props__ = ('slope',)

    def __init__(self, slope=1.0):
        self.slope = slope

    def make_node(self, maps, factor, shift, *others):
        return Apply(self, [maps, factor, shift, *others], [T.ftensor4()])

    def perform(self, node, inputs, outputs):
        maps, *others = map(evenly_spaced, inputs[:1] + inputs[3:])
        outputs[0][0], part = self._result(maps, others)
        bindings.affine(maps, *map(dense, inputs[1:3]), slope=self.slope, out=part)

    def infer_shape(self, node, shapes):
        return [self._shape(shapes[0], shapes[3:])]
