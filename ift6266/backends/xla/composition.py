"""Several functions that were compiled by XLA, as one program of it.

A composition is a Python function that calls such functions.  JAX traces it; meanwhile each of
them takes shared variables as the ones before it left them, and what it returns is traced.  All is
then one program, which keeps the shared variables on the device, and updates them there.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial

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
    """Arrays, or dicts of them, split over the devices; nobody may change them any more."""
    return jax.tree.map(partial(used_devices().split, copied=False), arrays)


def on_device(storage: list) -> jax.Array:
    """The value of a shared variable, which stays on the device from now on."""
    if not isinstance(storage[0], jax.Array):
        storage[0] = used_devices().replicate(storage[0])
    return storage[0]


def calls_at_once() -> int:
    """How many calls to make one by :meth:`Composition.each`: on GPUs a call itself takes long."""
    return 1 if jax.default_backend() == 'cpu' else 16


def calls_ahead() -> int:
    """How many calls may be under way when another is made.

    On a processor none: those of several processes or devices would not communicate in one order.
    """
    return 0 if jax.default_backend() == 'cpu' else 8


class Composition:
    """A function of arrays whose calls of functions compiled by XLA are one program.

    It is called with NumPy or JAX arrays, or dicts or lists of them, and returns what ``function``
    returns, as JAX arrays that may still be under way.  Within another composition it is part of
    that.
    """

    def __init__(self, function: Callable):
        self.function, self.program, self._each = function, None, None

    def __call__(self, *arguments):
        if Trace.current.get():
            return self.function(*arguments)
        arguments = jax.tree.map(used_devices().split, arguments)
        if self.program is None:
            self._compile(arguments)
        results, new_values = self.program(
            list(map(on_device, self.updated)), list(map(on_device, self.others)), arguments
        )
        for storage, value in zip(self.updated, new_values):
            storage[0] = value
        return results

    def each(self, arguments: list, shared: dict):
        """Call with each of the ``arguments``, one after the other, in one program.

        Before each call the ``shared`` variables, which none of the functions updates, get the
        next of their values there.  Returns what the calls return, stacked.
        """
        if self._each is None:
            keys = [id(variable.container.storage) for variable in shared]
            self._each = Composition(partial(in_turn, self.function, keys))
        return self._each(list(zip(arguments, zip(*shared.values()), strict=True)))

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


class Loop:
    """A loop of a program, whose iterations call ``function``.

    From one to the next it carries the shared variables that the function updates.
    """

    def __init__(self, function: Callable, *arguments):
        self.function, self.outer = function, Trace.current.get()
        trace, self.shapes = traced(function, *arguments)
        self.updated = trace.updated

    def begin(self) -> list:
        """What the first iteration is given."""
        return [self.outer.read(storage) for storage in self.updated.values()]

    def iterate(self, carried: list, *arguments, shared: dict | None = None) -> tuple[list, object]:
        """What the next iteration is given, and what the function returns.

        ``shared`` are values of other shared variables, by ``id`` of storage.
        """
        trace = Trace({**dict(zip(self.updated, carried)), **(shared or {})}, self.outer)
        results = trace.call(self.function, *arguments)
        return [trace.values[key] for key in self.updated], results

    def end(self, carried: list) -> None:
        """Leave the shared variables as after the last iteration."""
        for storage, value in zip(self.updated.values(), carried):
            self.outer.update(storage, value)


def repeat(count, function: Callable, *arguments):
    """What the last of ``count`` calls returns, one or more; a loop of the program.

    ``count`` may be an array that the program computes.
    """
    loop = Loop(function, *arguments)
    nothing = jax.tree.map(lambda shape: jnp.zeros(shape.shape, shape.dtype), loop.shapes)
    carried, results = lax.fori_loop(
        0, count, lambda _, before: loop.iterate(before[0], *arguments), (loop.begin(), nothing)
    )
    loop.end(carried)
    return results


def in_turn(function: Callable, keys: list, arguments: list[tuple]):
    """What the calls with all ``arguments`` return, stacked; a loop of the program.

    With each argument come the values of shared variables, whose storages have these ``keys``.
    """
    loop = Loop(function, arguments[0][0])
    stacked = jax.tree.map(lambda *arrays: jnp.stack(arrays), *arguments)

    def iterate(carried, given):
        argument, values = given
        return loop.iterate(carried, argument, shared=dict(zip(keys, values)))

    carried, results = lax.scan(iterate, loop.begin(), stacked)
    loop.end(carried)
    return results


def traced(function: Callable, *arguments) -> tuple[Trace, object]:
    """The trace of a call that computes nothing, and the shapes of its results."""
    trace = Trace(outer=Trace.current.get())
    return trace, jax.eval_shape(lambda: trace.call(function, *arguments))
