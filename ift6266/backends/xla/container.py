"""Where the value of a shared variable stands while XLA's functions work on it."""
import numpy as np
from theano.gof.link import Container


class DeviceContainer(Container):
    """A container whose storage may hold a JAX array; it gives and takes NumPy's.

    Functions that Theano itself compiled cannot read such a storage.
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


def refuse_shared_with_xla(function):
    """Raise ValueError if a function of Theano's shares a variable with one of XLA's."""
    for variable in function.get_shared():
        if isinstance(variable.container, DeviceContainer):
            raise ValueError('{} is kept on the device by a function of the backend xla: compile '
                             'this one by it as well'.format(variable))
