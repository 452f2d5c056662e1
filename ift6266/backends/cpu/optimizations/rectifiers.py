"""Rectifiers and their gradients.

Theano and Lasagne write a rectifier as c1 x + c2 |x| with c1 + c2 = 1, for the sake of GPUs; the
slope below zero is c1 - c2.  Theano's gradient is c1 g + c2 g sgn(x).
"""

from theano import scalar
from theano.gof import local_optimizer
from theano.tensor.elemwise import Elemwise

from ift6266.backends.cpu.operations import Rectify, RectifyGrad
from ift6266.backends.cpu.optimizations.patterns import arguments, is_maps, pairs, scaled


def slope_of(c1, c2):
    """The slope of a rectifier below zero, or None where c1 and c2 are of none that keeps signs."""
    if c1 is not None and c2 is not None and abs(c1 + c2 - 1) < 1e-6:
        slope = round(c1 - c2, 6)
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
    """c1 g + c2 g sgn(x) → RectifyGrad of the rectified x, which is kept anyway, and of g."""
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


RECTIFIERS = rectifier, rectifier_gradient
