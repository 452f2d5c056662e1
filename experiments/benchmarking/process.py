"""Processes that time the calls: one for each side and form, so that none disturbs another."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from ift6266.errors import InputError

EXPERIMENTS = str(Path(__file__).resolve().parents[1])


class Process:
    """A process that runs :mod:`benchmarking.server`; use it in ``with``.

    Parameters
    ----------
    side
        ``'ours'`` or ``'pytorch'``, the module with the calls.
    form
        A backend of ours; a form of the peer's.
    precision
        One of :data:`ift6266.backends.PRECISIONS`; for the peer 'bfloat16' is autocast.
    environment
        Its environment variables.
    """

    def __init__(self, side: str, form: str, *, precision: str, environment: dict[str, str]):
        self.name = f'{side} ({form})'
        path = os.pathsep.join(filter(None, [EXPERIMENTS, environment.get('PYTHONPATH')]))
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'benchmarking.server', side, form, precision],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**environment, 'PYTHONPATH': path},
            start_new_session=True,  # Ctrl-C reaches this process alone, which ends that one
        )

    def __enter__(self):
        return self

    def __exit__(self, *error):
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(timeout=2)
        except subprocess.TimeoutExpired:  # it is busy
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()

    def ask(self, request: str, *arguments):
        """Call a method of :class:`benchmarking.server.Server` and return its result.

        Raises :class:`InputError` where it fails, or where the process ends.
        """
        with suppress(BrokenPipeError):  # then there is no reply either
            print(json.dumps([request, *arguments]), file=self.process.stdin, flush=True)
        reply = self.process.stdout.readline()
        if not reply:
            raise InputError(f'{self.name}: the process ended with status {self.process.wait()}')
        reply = json.loads(reply)
        if 'error' in reply:
            raise InputError(f'{self.name}: {reply["error"]}')
        return reply['value']
