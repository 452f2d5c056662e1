"""Lasagne's Adam, found in the updates of a function, as one operation."""

from collections import OrderedDict
from dataclasses import dataclass

from theano import scalar
from theano.gof import Optimizer, Variable, local_optimizer
from theano.gof.graph import ancestors
from theano.tensor.elemwise import DimShuffle

from ift6266.backends.cpu.operations import Adam
from ift6266.backends.cpu.optimizations.patterns import arguments, constant, pairs, scaled


@dataclass(frozen=True)
class AdamStep:
    """What gives one parameter its new value; the first and second moments are variables.

    ``before`` is the parameter, or what weight decay leaves of it.  ``constants`` are the step
    size, a variable, and beta1, beta2, epsilon and the limit of clipping, numbers; the last is
    None without clipping.
    """

    param: Variable
    before: Variable
    gradient: Variable
    first: Variable
    second: Variable
    constants: tuple


def adam_step(param, new_values) -> AdamStep | None:
    """The step of Lasagne's Adam that gives ``param`` its new value; None for another update rule.

    ``new_values`` is a dict of the new values of all updated variables.
    """
    new_value, clip = clipped(new_values[param])
    new_value, before = decayed(new_value, param)
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
        return AdamStep(param, before, gradient, first, second, constants)


def clipped(variable):
    """(v, c) where ``variable`` is v clipped to [-c, c]; else (variable, None)."""
    found = arguments(variable, scalar.clip)
    if found is not None:
        value, low, high = found
        limit = constant(high)
        if limit is not None and constant(low) == -limit:
            return value, limit
    return variable, None


def decayed(variable, param):
    """(v, d) where ``variable`` is d less the step from ``param`` to v; else (variable, param).

    So weight decay makes d of the parameter and of AdamW's new value.
    """
    try:
        before, step = arguments(variable, scalar.sub)
        same_param, value = arguments(step, scalar.sub)
    except TypeError:  # made by something else
        return variable, param
    return (value, before) if same_param is param else (variable, param)


def is_number(variable):
    """Whether it is a float32 scalar that is broadcast to the shape of an array."""
    node = variable.owner
    return (
        node is not None
        and isinstance(node.op, DimShuffle)
        and node.inputs[0].ndim == 0
        and node.inputs[0].dtype == 'float32'
    )


def average(variable):
    """(old, new, c) where it is ``c * old + (1 - c) * new``; raises ValueError otherwise."""
    (old, kept), (new, added) = map(scaled, arguments(variable, scalar.add))
    if kept is None or added is None or abs(kept + added - 1) > 1e-6:
        raise ValueError
    return old, new, kept


class MergedAdam(Optimizer):
    """One operation for all parameters that Adam updates with the same step size."""

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
            params, befores, gradients, firsts, seconds = zip(*[
                (step.param, step.before, step.gradient, step.first, step.second) for step in steps
            ])
            moved = [new_values[variable] for variable in (*params, *firsts, *seconds)]
            if set(moved) & set(ancestors(gradients)):  # one is updated after the other
                continue
            beta1, beta2, epsilon, clip = constants
            adam = Adam(len(steps), beta1=beta1, beta2=beta2, epsilon=epsilon, clip=clip)
            results = adam(step_size, *befores, *gradients, *firsts, *seconds, return_list=True)
            fgraph.replace_all_validate(list(zip(moved, results)), reason='MergedAdam')


@local_optimizer([Adam])
def adam_in_place(node):
    """Overwrite parameters and moments, where Theano tracks what is overwritten."""
    adam = node.op
    if not adam.inplace and hasattr(node.fgraph, 'destroy_handler'):
        return adam.in_place()(*node.inputs, return_list=True)
