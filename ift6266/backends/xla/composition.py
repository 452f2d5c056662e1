"""Several functions that were compiled by XLA, as one program of it.

A composition is a Python function that calls such functions.  JAX traces it; meanwhile each of
them takes shared variables as the ones before it left them, and what it returns is traced.  All is
then one program, which keeps the shared variables on the device, and updates them there.
"""

from collections.abc import Callable
from contextvars import ContextVar

import jax
import jax.numpy as jnp
from jax import lax

from ift6266.backends.xla.devices import used_devices


class Trace:
    """What the shared variables are in the course of a composition, by their storages.

    Parameters
    ----------
    values : dict
        Traced values by ``id`` of storage; others come from ``outer``, or from their storages.
    outer : Trace, optional
        Of the function around this one.
    """

    current = ContextVar('trace', default=None)

    def __init__(self, values: dict | None = None, outer: 'Trace | None' = None):
        self.values, self.outer = dict(values or {}), outer
        self.storages, self.updated = {}, {}

    def call(self, function: Callable, *arguments):
        """What ``function`` returns, called in this trace."""
        token = self.current.set(self)
        try:
            return function(*arguments)
        finally:
            self.current.reset(token)

    def read(self, storage: list):
        """The value of a shared variable by now."""
        self.storages[id(storage)] = storage
        if id(storage) in self.values:
            return self.values[id(storage)]
        return self.outer.read(storage) if self.outer else storage[0]

    def update(self, storage: list, value) -> None:
        """Give a shared variable a new value."""
        self.updated[id(storage)] = self.storages[id(storage)] = storage
        self.values[id(storage)] = value


def place(arrays):
    """Arrays, or dicts of them, on the devices, split over them; for arguments of compositions."""
    return jax.tree.map(used_devices().split, arrays)


def on_device(storage: list) -> jax.Array:
    """The value of a shared variable, which stays on the device from now on."""
    if not isinstance(storage[0], jax.Array):
        storage[0] = used_devices().replicate(storage[0])
    return storage[0]


class Composition:
    """A function of arrays whose calls of functions compiled by XLA are one program.

    It is called with NumPy or JAX arrays, or dicts of them, and returns what ``function`` returns,
    as JAX arrays that may still be under way.  Within another composition it is part of that.
    """

    def __init__(self, function: Callable):
        self.function, self.program = function, None

    def __call__(self, *arguments):
        if Trace.current.get():
            return self.function(*arguments)
        arguments = place(arguments)
        if self.program is None:
            self._compile(arguments)
        results, new_values = self.program(
            list(map(on_device, self.updated)), list(map(on_device, self.others)), arguments
        )
        for storage, value in zip(self.updated, new_values):
            storage[0] = value
        return results

    def _compile(self, arguments):
        """Find the shared variables, and make the program, which takes them as arguments."""
        trace, _ = traced(self.function, *arguments)
        self.updated = list(trace.updated.values())
        self.others = [
            storage for key, storage in trace.storages.items() if key not in trace.updated
        ]
        keys = [id(storage) for storage in self.updated + self.others]

        def program(updated, others, arguments):
            trace = Trace(dict(zip(keys, updated + others)))
            results = trace.call(self.function, *arguments)
            return results, [trace.values[id(storage)] for storage in self.updated]

        self.program = jax.jit(program, donate_argnums=0)


def repeat(count, function: Callable, *arguments):
    """What the last of ``count`` calls returns, one or more; a loop of the program.

    ``count`` may be an array that the program computes.
    """
    outer = Trace.current.get()
    trace, shapes = traced(function, *arguments)
    keys = list(trace.updated)

    def call(_, carried):
        trace = Trace(dict(zip(keys, carried[0])), outer)
        results = trace.call(function, *arguments)
        return [trace.values[key] for key in keys], results

    first = [outer.read(storage) for storage in trace.updated.values()]
    nothing = jax.tree.map(lambda shape: jnp.zeros(shape.shape, shape.dtype), shapes)
    new_values, results = lax.fori_loop(0, count, call, (first, nothing))
    for storage, value in zip(trace.updated.values(), new_values):
        outer.update(storage, value)
    return results


def traced(function: Callable, *arguments) -> tuple[Trace, object]:
    """The trace of a call that computes nothing, and the shapes of its results."""
    trace = Trace(outer=Trace.current.get())
    return trace, jax.eval_shape(lambda: trace.call(function, *arguments))
