"""The containers of what XLA's functions take: shared variables and arguments.

Methods here import JAX: functions of the other backends use this module where there is none.
"""

from collections.abc import Callable

import numpy as np
from theano.gof.link import Container
from theano.tensor import TensorType


class DeviceContainer(Container):
    """A container whose storage may hold a JAX array, and whose value is a NumPy array.

    Functions that Theano compiled itself cannot read such a storage.
    """

    def _get(self):
        import jax

        value = self.storage[0]
        return np.array(value) if isinstance(value, jax.Array) else value

    data = value = property(_get, Container.__set__)

    def __getstate__(self):
        return {**self.__dict__, 'storage': [self.value]}

    def __deepcopy__(self, memo):
        self.storage[0] = self.value
        return super().__deepcopy__(memo)


class ArgumentType(TensorType):
    """The type of an argument, which may also be a JAX array that an earlier function returned."""

    def filter(self, data, strict=False, allow_downcast=None):
        import jax

        if isinstance(data, jax.Array) and (data.dtype, data.ndim) == (self.dtype, self.ndim):
            return data
        return super().filter(data, strict, allow_downcast)


def container_of_argument(variable, storage):
    """A container for the argument ``variable``."""
    kind = variable.type
    return DeviceContainer(
        ArgumentType(kind.dtype, kind.broadcastable) if isinstance(kind, TensorType) else variable,
        storage,
        name=variable.name,
    )


def refuse_shared_with_xla(function: Callable) -> None:
    """Raise ValueError if a function of Theano shares a variable with one of XLA."""
    for variable in function.get_shared():
        if isinstance(variable.container, DeviceContainer):
            raise ValueError(
                f'{variable} is kept on the device by a function of the backend xla: compile '
                'this one by it as well'
            )
