"""The update rule Adam."""

from theano import Apply, Op

from ift6266.backends.cpu import bindings
from ift6266.backends.cpu.operations.arrays import dense


class Adam(Op):
    """A step of Lasagne's Adam for all parameters; see :func:`ift6266.backends.cpu.bindings.adam`.

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

    def __init__(self, count, *, beta1, beta2, epsilon, clip, inplace=False):
        self.count, self.beta1, self.beta2, self.epsilon = count, beta1, beta2, epsilon
        self.clip, self.inplace = clip, inplace
        if inplace:
            groups = 0, 2, 3  # the gradients are between the parameters and the moments
            self.destroy_map = {
                index * count + number: [1 + group * count + number]
                for index, group in enumerate(groups)
                for number in range(count)
            }

    def in_place(self):
        """The same operation, which overwrites its arguments."""
        return Adam(
            self.count,
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            clip=self.clip,
            inplace=True,
        )

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
            list(map(dense, gradients)),
            firsts,
            seconds,
            step_size=float(step_size),
            beta1=self.beta1,
            beta2=self.beta2,
            epsilon=self.epsilon,
            clip=self.clip,
        )
        for output, array in zip(outputs, (*params, *firsts, *seconds)):
            output[0] = array

    def infer_shape(self, node, shapes):
        params, _, firsts, seconds = self._groups(shapes[1:])
        return [*params, *firsts, *seconds]

    def _groups(self, items):
        return [items[begin : begin + self.count] for begin in range(0, 4 * self.count, self.count)]
