"""The other end of :mod:`benchmarking.process`: times the calls of one side, in one form.

Requests and replies are lines of JSON on standard input and output.  The process ends when its
input does, and so never outlives its parent.  Nothing of this project is imported where PyTorch
runs: that would change the environment for Theano's sake.
"""

import importlib
import json
import os
import resource
import sys
import time
from contextlib import suppress
from functools import cached_property


class Server:
    """The requests, a method each."""

    def __init__(self, side: str, form: str, precision: str):
        self.name, self.form, self.precision = side, form, precision
        self.calls = {}

    @cached_property
    def side(self):
        """The module with the calls."""
        return importlib.import_module('benchmarking.' + self.name)

    def start(self) -> None:
        """Raise an error if this form cannot run here."""
        self.side.start(self.form, self.precision)

    def run(self, what: str, batch: int, number: int) -> float:
        """Seconds that a number of calls take, for each iteration that one does."""
        if (what, batch) not in self.calls:
            self.calls[what, batch] = self.side.CALLS[what]((self.form, self.precision), batch)
        call = self.calls[what, batch]
        start = time.perf_counter()
        for _ in range(number):
            result = call()
        self.side.wait(result)
        return (time.perf_counter() - start) / getattr(call, 'iterations', 1)

    def gflop(self, what: str, batch: int) -> float | None:
        """10⁹ floating-point operations of a call; None where that has no meaning."""
        return self.side.gflop(what, batch)

    def peak_memory(self) -> float:
        """The most memory that the process has held so far, in MB; of the GPU where it has one."""
        on_device = self.side.peak_memory()
        if on_device is not None:
            return on_device
        unit = 1 if sys.platform == 'darwin' else 1024  # bytes there, kilobytes elsewhere
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def answer(server: Server, request: str, arguments: list) -> dict:
    """The reply: a value, or an error in one line."""
    try:
        return {'value': getattr(server, request)(*arguments)}
    except Exception as error:
        kind, text = type(error).__name__, ' '.join(str(error).split())
        return {'error': text if kind == 'InputError' else f'{kind}: {text[:300]}'}


def main(side: str, form: str, precision: str) -> None:
    """Answer requests until there are no more; all else that is printed goes to stderr."""
    replies = os.dup(1)
    os.dup2(2, 1)
    server = Server(side, form, precision)
    with suppress(BrokenPipeError):  # nobody waits for the reply
        for line in sys.stdin:
            request, *arguments = json.loads(line)
            reply = answer(server, request, arguments)
            os.write(replies, (json.dumps(reply) + '\n').encode())


if __name__ == '__main__':
    main(*sys.argv[1:])
