"""A parent process that reports the end of a child which XLA may abort at any time."""

import os
import signal
import sys
import threading
from contextlib import suppress

from ift6266.errors import InputError


def continue_in_child() -> None:
    """Fork, and return in the child.

    The parent forwards SIGINT, SIGTERM and SIGHUP, and exits as the child does.  Where other
    processes are lost XLA aborts the child, whatever Python does; the parent then raises
    InputError.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    watched, held = os.pipe()
    child = os.fork()
    if child:
        os.close(watched)
        _supervise(child)
    os.close(held)
    os.setpgid(0, 0)  # Ctrl-C reaches the parent alone, which forwards it once
    threading.Thread(target=_exit_at_end_of, args=(watched,), daemon=True).start()


def _supervise(child):
    """Wait for the child, and exit as it does."""

    def forward(number, frame):
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as by nohup
            signal.signal(number, forward)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGABRT:
        raise InputError(
            'the other processes are lost: one has ended, cannot be reached, or was started with '
            'another --processes or --devices; start all of them again, with --resume to continue '
            'from the last checkpoint'
        )
    if code < 0:
        raise InputError(
            f'ended by signal {-code}; start all processes again, with --resume to continue from '
            'the last checkpoint'
        )
    sys.exit(code)


def _exit_at_end_of(pipe):
    """Exit with the parent, which holds the other end of ``pipe`` and writes nothing."""
    os.read(pipe, 1)
    os._exit(1)
