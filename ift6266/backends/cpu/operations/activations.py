"""Rectifiers, the sigmoid and the hyperbolic tangent."""

from theano import Apply, Op
from theano.scalar import BinaryScalarOp, ScalarOp, UnaryScalarOp, transfer_type

from ift6266.backends.cpu import bindings
from ift6266.backends.cpu.operations.arrays import dense


class _Rectification(ScalarOp):
    """The last argument where the first is positive, ``slope`` times that elsewhere.

    A scalar operation, which Theano compiles, alone or fused with others.
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
        number = node.outputs[0].type.dtype_specs()[1]
        x, value = inputs[0], inputs[-1]
        return f'{outputs[0]} = {x} > 0 ? {value} : ({number}){self.slope!r} * {value};'

    def c_code_cache_version(self):
        return (1,)


class Rectify(_Rectification, UnaryScalarOp):
    """x → a (leaky) ReLU of it."""


class RectifyGrad(_Rectification, BinaryScalarOp):
    """(x or a rectified x, gradient of the rectified x) → gradient of x.

    At zero it is that of negative numbers; the gradient of Theano's expression is the mean of both.
    """


class _Activation(Op):
    """Feature maps, in any order of their axes → a function of every number."""

    __props__ = ()

    def make_node(self, maps):
        return Apply(self, [maps], [maps.type()])

    def perform(self, node, inputs, outputs):
        outputs[0][0] = self.function(dense(inputs[0]))

    def infer_shape(self, node, shapes):
        return shapes


class Sigmoid(_Activation):
    """The logistic function."""

    function = staticmethod(bindings.sigmoid)


class Tanh(_Activation):
    """The hyperbolic tangent."""

    function = staticmethod(bindings.tanh)
