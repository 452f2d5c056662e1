"""The processes of a run, on one host or many, which share the rows of each minibatch.

They compute in step, so each calls the methods here in the same order.  A backend connects them and
gives them a collective operation; see :mod:`ift6266.backends.xla.cluster`.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np

from ift6266.errors import InputError


class SingleProcess:
    """The only process of a run.

    ``num_devices`` is the number of devices that a minibatch is split over because there are
    several processes: those of all of them.
    """

    rank, world_size, num_devices = 0, 1, 1

    def barrier(self) -> AbstractContextManager:
        """A context that all processes leave together; an InputError of one is raised in all."""
        return nullcontext()

    def require_same(self, make: Callable[[], dict]) -> None:
        """Raise InputError unless ``make()`` gives the same dict, as JSON, in all processes."""

    def broadcast(self, make: Callable[[], bytes]) -> bytes:
        """What ``make()`` gives in the process of rank 0, which alone calls it."""
        return make()

    def maximum(self, number: int) -> int:
        """The maximum of the numbers, 0 or more, that the processes give."""
        return number

    def rows(self, batch_size: int) -> slice:
        """The rows of a minibatch that this process computes with."""
        return slice(None)

    def leave(self) -> None:
        """Wait until all processes leave: none can compute without the others."""


@dataclass(frozen=True)
class DistributedProcess:
    """One of several processes; see :class:`SingleProcess` for its methods.

    Parameters
    ----------
    maxima : callable
        Takes an array of whole numbers, 0 or more, of the same shape and data type in all
        processes, and returns the elementwise maximum over them.
    shutdown : callable
        Waits for the other processes, and disconnects this one.
    """

    rank: int
    world_size: int
    num_devices: int
    maxima: Callable[[np.ndarray], np.ndarray]
    shutdown: Callable[[], None]

    @contextmanager
    def barrier(self) -> Iterator[None]:
        error = ''
        try:
            yield
        except InputError as raised:
            error = str(raised)
        for rank, message in enumerate(self._gather(error)):
            if message:
                raise InputError(message if rank == self.rank else f'process {rank}: {message}')

    def require_same(self, make: Callable[[], dict]) -> None:
        first, *others = map(json.loads, self._gather(json.dumps(make())))
        for rank, facts in enumerate(others, 1):
            for name, fact in first.items():
                if facts.get(name) != fact:
                    raise InputError(
                        f'process {rank} differs from process 0 in {name}: '
                        f'{facts.get(name)}, not {fact}'
                    )

    def broadcast(self, make: Callable[[], bytes]) -> bytes:
        content = b''
        with self.barrier():
            if self.rank == 0:
                content = make()
        return self._merge([content])[0]

    def maximum(self, number: int) -> int:
        return int(self.maxima(np.array(number)))

    def rows(self, batch_size: int) -> slice:
        size = batch_size // self.world_size
        return slice(self.rank * size, (self.rank + 1) * size)

    def leave(self) -> None:
        self.shutdown()

    def _gather(self, text):
        """The texts of all processes, by rank."""
        messages = [b''] * self.world_size
        messages[self.rank] = text.encode()
        return [message.decode() for message in self._merge(messages)]

    def _merge(self, messages):
        """A list of bytes from all processes, of which each has some items and b'' for the rest."""
        lengths = self.maxima(np.array([len(message) for message in messages]))
        padded = b''.join(
            message.ljust(length, b'\0') for message, length in zip(messages, lengths)
        )
        content = self.maxima(np.frombuffer(padded, 'uint8')).tobytes()
        ends = np.cumsum(lengths)
        return [content[end - length : end] for end, length in zip(ends, lengths)]


_this = SingleProcess()


def this_process() -> SingleProcess | DistributedProcess:
    """This process, as one of the run."""
    return _this


def set_this_process(process: SingleProcess | DistributedProcess) -> None:
    """Make ``process`` what :func:`this_process` returns from now on."""
    global _this
    _this = process
