"""The processes that share the work on each minibatch, on one host or many: what each has of it,
what they agree on, and how they part.

They compute in step; :mod:`ift6266.backends.xla.meeting` is how they become one.
"""

import atexit
import json
import os
import sys
from contextlib import contextmanager, nullcontext

from ift6266.errors import InputError


class Alone:
    """The one process that there is."""

    number, count = 0, 1

    def together(self):
        """A context whose InputError is raised in all processes."""
        return nullcontext()

    def agree(self, make):
        """Raise InputError where ``make()`` gives not the same dict, for JSON, in all processes."""

    def from_first(self, make):
        """The bytes that ``make()`` gives in the first process."""
        return make()

    def greatest(self, number):
        """The greatest of the whole numbers, from 0, that the processes give."""
        return number

    def rows(self, batch_size):
        """The rows of a minibatch that this process computes with, a slice."""
        return slice(None)

    def part(self):
        """Wait for the others before ending, since none computes without them."""


class Joined:
    """This process as one of many; see :class:`Alone` for what it can do.

    Parameters
    ----------
    devices : :class:`ift6266.backends.xla.devices.Devices`
        Those of all processes.
    """

    def __init__(self, devices):
        import jax

        self.number, self.count = jax.process_index(), jax.process_count()
        self.devices = devices

    @contextmanager
    def together(self):
        error = ''
        try:
            yield
        except InputError as raised:
            error = str(raised)
        for number, text in enumerate(self._exchange(error)):
            if text:
                raise InputError(text if number == self.number else f'process {number}: {text}')

    def agree(self, make):
        first, *others = map(json.loads, self._exchange(json.dumps(make())))
        for number, facts in enumerate(others, 1):
            for name, fact in first.items():
                if facts.get(name) != fact:
                    raise InputError(
                        f'process {number} differs from process 0 in {name}: {facts.get(name)}, not {fact}'
                    )

    def from_first(self, make):
        content = b''
        with self.together():
            if self.number == 0:
                content = make()
        return self._spread([content])[0]

    def greatest(self, number):
        return int(self.devices.greatest(number))

    def rows(self, batch_size):
        part = batch_size // self.count
        return slice(self.number * part, (self.number + 1) * part)

    def part(self):
        import jax

        jax.distributed.shutdown()
        atexit.unregister(end_at_once)

    def _exchange(self, text):
        """The texts of all processes, in their order."""
        messages = [b''] * self.count
        messages[self.number] = text.encode()
        return [message.decode() for message in self._spread(messages)]

    def _spread(self, messages):
        """A list of bytes as it is when each process knows some of them, and b'' for the others."""
        import numpy as np

        lengths = self.devices.greatest([len(message) for message in messages])
        known = b''.join(message.ljust(length, b'\0') for message, length in zip(messages, lengths))
        content = self.devices.greatest(np.frombuffer(known, 'uint8')).tobytes()
        ends = np.cumsum(lengths)
        return [content[end - length : end] for end, length in zip(ends, lengths)]


def end_at_once():
    """End this process in failure, where JAX would wait for the others, and abort it then."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)


_this = Alone()


def this_process():
    """This process among the others."""
    return _this


def become(process):
    """Let this process be that one from now on: :class:`Joined`, or on the way to it."""
    global _this
    _this = process
