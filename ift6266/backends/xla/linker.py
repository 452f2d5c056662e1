"""The linker: it makes one JAX function of a whole graph, which keeps its state on the device."""

from collections.abc import Callable

import jax
import numpy as np
from theano.compile.sharedvalue import SharedVariable
from theano.gof.link import Container, LocalLinker, map_storage

from ift6266.backends.xla import (  # noqa: F401, for the translations that they register
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
from ift6266.backends.xla.composition import Trace, on_device
from ift6266.backends.xla.container import DeviceContainer, container_of_argument
from ift6266.backends.xla.devices import tracing_for, used_devices
from ift6266.backends.xla.products import multiplying_in
from ift6266.backends.xla.program import Program


class XLALinker(LocalLinker):
    """Compiles a graph into one function of JAX.

    JAX compiles it for each new set of shapes of the arguments.  Shared variables that it reads
    move to the device at its first call, and are updated there, in place: only arguments and
    results move at each call.  A result of ``theano.Out(…, borrow=True)`` stays on the device, a
    JAX array, distributed as XLA chooses, and may be the argument of another such function.
    """

    def __init__(self, precision='float32'):
        self.precision, self.fgraph, self.updates, self.borrowed = precision, None, {}, set()

    def accept(self, fgraph, no_recycling=(), profile=None):
        linker = type(self)(self.precision)
        linker.fgraph = fgraph
        linker.borrowed = set(fgraph.outputs) - set(no_recycling)
        return linker

    def accept_var_updates(self, updates):
        """Called by Theano with the inputs that are updated, and the outputs that update them.

        These outputs are the last ones of the graph.
        """
        self.updates = updates

    def make_all(self, input_storage=None, output_storage=None, storage_map=None):
        """The function, containers of inputs and of outputs, its one thunk, and all nodes."""
        fgraph, order = self.fgraph, self.schedule(self.fgraph)
        input_storage, output_storage, storage_map = map_storage(
            fgraph, order, input_storage, output_storage, storage_map
        )
        run = Run(
            Program(fgraph, order),
            precision=self.precision,
            input_storage=input_storage,
            output_storage=output_storage,
            updates=self.updates,
            borrowed=self.borrowed,
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
    """Runs a program, from the storages of its inputs to those of its outputs.

    Its inputs, by their positions, are ``updated`` (shared variables with a new value), ``read``
    (other shared variables) and ``passed`` (arguments).
    """

    need_update_inputs = False  # it stores new values itself
    allow_gc = True

    def __init__(self, program, *, precision, input_storage, output_storage, updates, borrowed):
        inputs, outputs = program.fgraph.inputs, program.fgraph.outputs
        self.input_storage, self.output_storage = input_storage, output_storage
        self.updated, self.read, self.passed = [], [], []
        for position, variable in enumerate(inputs):
            if isinstance(variable, SharedVariable):
                variable.container.__class__ = DeviceContainer
            if variable in updates:
                self.updated.append(position)
            elif isinstance(variable, SharedVariable):
                self.read.append(position)
            else:
                self.passed.append(position)
        self.devices = used_devices()
        results = outputs[: len(outputs) - len(self.updated)]
        self.borrowed = [result in borrowed for result in results]
        replicated = self.devices.replicated
        self.function = jax.jit(
            self._function_of(program, precision),
            donate_argnums=0,
            out_shardings=([None if stays else replicated for stays in self.borrowed], replicated),
        )

    def _function_of(self, program, precision):
        """The program as a function of three lists of inputs, which returns results and new values.

        The lists are of those that are updated, read and passed.
        """
        positions = self.updated + self.read + self.passed

        def theano_function(updated, read, passed):
            values = dict(zip(positions, (*updated, *read, *passed)))
            with tracing_for(self.devices), multiplying_in(precision):
                outputs = program([values[position] for position in sorted(values)])
            count = len(outputs) - len(updated)
            return outputs[:count], outputs[count:]

        return theano_function

    def __call__(self, output_subset=None):
        """Store results and new values; return the results, and None for each new value.

        Results are NumPy arrays, except borrowed ones.  They are stored as well, since Theano's
        random streams read them there.  The storage of a new value may be that of a result.
        """
        trace = Trace.current.get()
        if trace:
            return self._in(trace)
        results, new_values = self.function(*self.arguments())
        outputs = [
            result if stays else np.array(result) for result, stays in zip(results, self.borrowed)
        ]
        for storage, output in zip(self.output_storage, outputs):
            storage[0] = output
        for position, value in zip(self.updated, new_values):
            self.input_storage[position][0] = value
        return [*outputs, *[None] * len(new_values)]

    def arguments(self, shared: Callable = on_device):
        """What the function is called with, from the storages; ``shared`` reads shared ones."""
        return (
            [shared(self.input_storage[position]) for position in self.updated],
            [shared(self.input_storage[position]) for position in self.read],
            [self.devices.split(self.input_storage[position][0]) for position in self.passed],
        )

    def _in(self, trace):
        """The call as part of a composition: its results are traced."""
        results, new_values = self.function(*self.arguments(trace.read))
        for position, value in zip(self.updated, new_values):
            trace.update(self.input_storage[position], value)
        return [*results, *[None] * len(new_values)]
