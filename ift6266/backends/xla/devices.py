"""The devices that minibatches are split over, those of other processes included.

Each holds all shared variables and some rows of each minibatch.  XLA inserts the communication by
which the result is that of one device with the whole minibatch.
"""

from collections.abc import Callable
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
    """The first ``number`` devices of each process, ``self.number`` together.

    Raises InputError where there are fewer, or none that JAX can use.
    """

    def __init__(self, number: int = 1):
        _require_devices(number)
        devices = [
            device
            for process in range(jax.process_count())
            for device in jax.local_devices(process)[:number]
        ]
        self.number = len(devices)
        self.mesh = Mesh(np.array(devices), (AXIS,))
        self.replicated = NamedSharding(self.mesh, PartitionSpec())
        self.sharded = NamedSharding(self.mesh, PartitionSpec(AXIS))
        self._maximum = jax.jit(lambda rows: rows.max(0), out_shardings=self.replicated)

    def replicate(self, value) -> jax.Array:
        """A copy of ``value`` on each device, which may be overwritten."""
        value = jnp.array(value)  # in memory of XLA's: it must not overwrite NumPy's
        return jax.make_array_from_callback(value.shape, self.replicated, lambda index: value)

    def split(self, value, *, copied: bool = True) -> jax.Array:
        """``value`` split along its first axis, or replicated where its length does not divide.

        Each device gets its rows alone, ``copied`` where the caller may change ``value``.  Where
        there are other processes, only the rows of this one's devices are read.  A JAX array stays
        as it is.
        """
        if isinstance(value, jax.Array):
            return value
        value = np.asarray(value)
        divides = value.ndim and value.shape[0] and value.shape[0] % self.number == 0
        return self._placed(value, self.sharded if divides else self.replicated, copied=copied)

    def maximum(self, value) -> np.ndarray:
        """The elementwise maximum of ``value`` over the processes, an array of the same shape."""
        rows = np.broadcast_to(value, (self.number, *np.shape(value)))
        return np.array(self._maximum(self._placed(rows, self.sharded)))

    def sum_over_devices(self, function: Callable, *arrays: jax.Array) -> jax.Array:
        """``function(*arrays)``, traced, where that is a sum over their first axis.

        Each device computes it for its rows, and they communicate once, however many sums it
        consists of.
        """
        if not self._divides(arrays):
            return function(*arrays)
        return self._on_each(lambda *rows: lax.psum(function(*rows), AXIS), arrays)

    def gather_over_devices(self, function: Callable, *arrays: jax.Array) -> jax.Array:
        """``function``, traced, of each device's rows of ``arrays``, stacked along a new axis."""
        if not self._divides(arrays):
            return function(*arrays)[None]
        return self._on_each(lambda *rows: lax.all_gather(function(*rows), AXIS), arrays)

    def _divides(self, arrays):
        return self.number > 1 and not any(len(array) % self.number for array in arrays)

    def _on_each(self, function, arrays):
        """``function`` of the rows of one device, whose result is the same on all."""
        return jax.shard_map(
            function,
            mesh=self.mesh,
            in_specs=PartitionSpec(AXIS),
            out_specs=PartitionSpec(),
            check_vma=False,
        )(*arrays)

    @staticmethod
    def _placed(value, sharding, *, copied=True):
        array = np.array if copied else np.asarray
        return jax.make_array_from_callback(
            value.shape, sharding, lambda index: array(value[index])
        )


def _require_devices(number):
    """Raise InputError where this process has fewer than ``number`` devices."""
    try:
        present = jax.local_devices()
    except RuntimeError as error:  # JAX for GPUs, where there are none
        problem = ' '.join(str(error).split(' (')[0].split())
        raise InputError(
            f'the backend xla finds no device: {problem}; JAX_PLATFORMS=cpu takes the processor'
        ) from None
    if number > len(present):
        platform, remedy = present[0].platform, ''
        if platform == 'cpu':
            flag = f'--xla_force_host_platform_device_count={number}'
            remedy = f'; XLA_FLAGS={flag} makes so many of one processor'
        raise InputError(
            f'there is no device number {number}: JAX sees {len(present)} here, {platform}{remedy}'
        )


_used, _traced_for = None, ContextVar('devices', default=None)


def use_devices(number: int) -> None:
    """Let functions that are compiled from now on run on ``number`` devices of each process.

    Raises InputError where there are fewer.
    """
    global _used
    _used = Devices(number)


def used_devices() -> Devices:
    """The devices that functions run on, one by default.

    While a function is traced, those that it was compiled for.
    """
    return _traced_for.get() or _used or Devices()


@contextmanager
def tracing_for(devices):
    """A context to trace functions in that run on ``devices``."""
    token = _traced_for.set(devices)
    try:
        yield
    finally:
        _traced_for.reset(token)
