"""The devices that minibatches are split over, those of other processes included.

Each holds all shared variables and a part of each minibatch; XLA finds out what they have to tell
each other for the result to be that of one device with the whole minibatch.
"""

from contextlib import contextmanager
from contextvars import ContextVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ift6266.errors import InputError

AXIS = 'minibatch'


class Devices:
    """The first ``number`` devices of each process.

    Raises InputError where there are fewer, or none that JAX can use.
    """

    def __init__(self, number=1):
        try:
            present = jax.local_devices()
        except RuntimeError as error:  # JAX for GPUs, where there are none
            problem = ' '.join(str(error).split(' (')[0].split())
            raise InputError(
                f'the backend xla finds no device: {problem}; JAX_PLATFORMS=cpu takes the processor'
            ) from None
        if number > len(present):
            raise InputError(
                'there is no device number {}: JAX sees {} here, {}{}'.format(
                    number,
                    len(present),
                    present[0].platform,
                    f'; XLA_FLAGS=--xla_force_host_platform_device_count={number} makes so many of one '
                    'processor'
                    if present[0].platform == 'cpu'
                    else '',
                )
            )
        devices = [
            device
            for process in range(jax.process_count())
            for device in jax.local_devices(process)[:number]
        ]
        self.number = len(devices)
        self.mesh = Mesh(np.array(devices), (AXIS,))
        self.whole, self.parts = (
            NamedSharding(self.mesh, PartitionSpec(*axes)) for axes in ((), (AXIS,))
        )
        self._maximum = jax.jit(lambda rows: rows.max(0), out_shardings=self.whole)

    def copy(self, value):
        """``value``, whole, on each of them; a copy, which may be overwritten."""
        value = jnp.array(value)  # in memory of XLA's, not NumPy's, which it must not overwrite
        return jax.make_array_from_callback(value.shape, self.whole, lambda index: value)

    def split(self, value):
        """``value`` in parts along its first axis, or whole on each where that does not divide.

        Each device is sent its part alone, of a copy: the caller may change what it gave.  Where
        there are other processes, only the rows of this one's devices are looked at.  What is on
        the devices already stays as it is.
        """
        if isinstance(value, jax.Array):
            return value
        value = np.asarray(value)
        divides = value.ndim and value.shape[0] and value.shape[0] % self.number == 0
        return self._placed(value, self.parts if divides else self.whole)

    def maximum(self, value):
        """The elementwise maximum of the arrays ``value`` that the processes give, NumPy's."""
        rows = np.broadcast_to(value, (self.number, *np.shape(value)))
        return np.array(self._maximum(self._placed(rows, self.parts)))

    def sum_of_parts(self, function, *arrays):
        """``function(*arrays)``, traced, which is a sum over their first axis.

        Each device computes it for its rows, and they communicate once, however many sums it
        consists of.
        """
        if not self._split(arrays):
            return function(*arrays)
        return self._by_parts(lambda *parts: lax.psum(function(*parts), AXIS), arrays)

    def of_each_part(self, function, *arrays):
        """What ``function``, traced, gives for each device's rows of ``arrays``, stacked."""
        if not self._split(arrays):
            return function(*arrays)[None]
        return self._by_parts(lambda *parts: lax.all_gather(function(*parts), AXIS), arrays)

    def _split(self, arrays):
        return self.number > 1 and not any(len(array) % self.number for array in arrays)

    def _by_parts(self, function, arrays):
        """``function`` of the rows of one device, which communicates and is the same for all."""
        return jax.shard_map(
            function,
            mesh=self.mesh,
            in_specs=PartitionSpec(AXIS),
            out_specs=PartitionSpec(),
            check_vma=False,
        )(*arrays)

    @staticmethod
    def _placed(value, sharding):
        return jax.make_array_from_callback(
            value.shape, sharding, lambda index: np.array(value[index])
        )


_used, _traced_for = None, ContextVar('devices', default=None)


def use_devices(number):
    """Let functions that are compiled from now on run on so many devices.

    Raises InputError where there are fewer.
    """
    global _used
    _used = Devices(number)


def used_devices():
    """Those that functions run on: one, where nothing else was asked for.

    While a function is traced they are those that it was compiled for.
    """
    return _traced_for.get() or _used or Devices()


@contextmanager
def tracing_for(devices):
    """In this context functions are traced that run on ``devices``."""
    token = _traced_for.set(devices)
    try:
        yield
    finally:
        _traced_for.reset(token)
