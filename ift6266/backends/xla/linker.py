"""The linker: makes one JAX function of a whole graph, and keeps its state on the device."""

import jax
import numpy as np
from theano.compile.sharedvalue import SharedVariable
from theano.gof.link import Container, LocalLinker, map_storage

from ift6266.backends.xla import (  # noqa: F401
    convolution,
    elementwise,
    indexing,
    linear_algebra,
    normalization,
    pooling,
    random,
    reductions,
    scan,
)
from ift6266.backends.xla.container import DeviceContainer, container_of_argument
from ift6266.backends.xla.devices import tracing_for, used_devices
from ift6266.backends.xla.products import multiplying_in
from ift6266.backends.xla.program import Program


class XLALinker(LocalLinker):
    """Compiles a graph into one function of JAX.

    It compiles anew for each new set of shapes of what the function is given.  Shared variables
    that it reads move to the device when it is first called, and their updates are made there,
    in place: what is moved at a call are the arguments and the results.  A result that is asked
    for by ``theano.Out(…, borrow=True)`` stays on the device, a JAX array, split as XLA sees fit,
    and may be the argument of another such function.
    """

    def __init__(self, precision='float32'):
        self.precision, self.fgraph, self.updates, self.borrowed = precision, None, {}, set()

    def accept(self, fgraph, no_recycling=(), profile=None):
        linker = type(self)(self.precision)
        linker.fgraph = fgraph
        linker.borrowed = set(fgraph.outputs) - set(no_recycling)
        return linker

    def accept_var_updates(self, updates):
        """Theano says so which inputs get which outputs as their new values; those come last."""
        self.updates = updates

    def make_all(self, input_storage=None, output_storage=None, storage_map=None):
        """The function, containers of inputs and of outputs, its one part, and all nodes."""
        fgraph, order = self.fgraph, self.schedule(self.fgraph)
        input_storage, output_storage, storage_map = map_storage(
            fgraph, order, input_storage, output_storage, storage_map
        )
        run = Run(
            Program(fgraph, order),
            self.precision,
            input_storage,
            output_storage,
            self.updates,
            self.borrowed,
        )
        run.storage_map = storage_map
        inputs = [
            container_of_argument(variable, storage)
            for variable, storage in zip(fgraph.inputs, input_storage)
        ]
        outputs = [
            Container(variable, storage, True)
            for variable, storage in zip(fgraph.outputs, output_storage)
        ]
        return run, inputs, outputs, [run], order


class Run:
    """One run of a program, from the storages of its inputs to those of its outputs."""

    need_update_inputs = False  # it updates them by itself
    allow_gc = True

    def __init__(self, program, precision, input_storage, output_storage, updates, borrowed):
        inputs, outputs = program.fgraph.inputs, program.fgraph.outputs
        self.input_storage, self.output_storage = input_storage, output_storage
        self.moved = [number for number, variable in enumerate(inputs) if variable in updates]
        self.kept = [
            number
            for number, variable in enumerate(inputs)
            if isinstance(variable, SharedVariable) and variable not in updates
        ]
        self.given = sorted(set(range(len(inputs))) - {*self.moved, *self.kept})
        for variable in inputs:
            if isinstance(variable, SharedVariable):
                variable.container.__class__ = DeviceContainer
        self.devices = used_devices()
        self.stays = [output in borrowed for output in outputs[: len(outputs) - len(self.moved)]]
        results = [None if stays else self.devices.whole for stays in self.stays]
        self.function = jax.jit(
            self._by_use(program, precision),
            donate_argnums=0,
            out_shardings=(results, self.devices.whole),
        )

    def _by_use(self, program, precision):
        """The program as a function of three lists, which returns results and new values."""
        numbers = self.moved + self.kept + self.given

        def theano_function(moved, kept, given):
            values = dict(zip(numbers, (*moved, *kept, *given)))
            with tracing_for(self.devices), multiplying_in(precision):
                outputs = program([values[number] for number in sorted(values)])
            count = len(outputs) - len(moved)
            return outputs[:count], outputs[count:]

        return theano_function

    def __call__(self, output_subset=None):
        """Store and return the outputs, NumPy arrays but for those that stay, and new values.

        Theano's random streams look for outputs in their storages; None is returned for new values,
        whose storages may be those of outputs as well.
        """
        results, new_values = self.function(*self.arguments())
        outputs = [
            result if stays else np.array(result) for result, stays in zip(results, self.stays)
        ]
        for storage, output in zip(self.output_storage, outputs):
            storage[0] = output
        for number, value in zip(self.moved, new_values):
            self.input_storage[number][0] = value
        return [*outputs, *[None] * len(new_values)]

    def arguments(self):
        """What the function is called with, from the storages."""
        return (
            [self._on_device(number) for number in self.moved],
            [self._on_device(number) for number in self.kept],
            [self.devices.split(self.input_storage[number][0]) for number in self.given],
        )

    def _on_device(self, number):
        storage = self.input_storage[number]
        if not isinstance(storage[0], jax.Array):
            storage[0] = self.devices.copy(storage[0])
        return storage[0]
