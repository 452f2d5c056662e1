"""How the processes of a run meet: each forks, finds the others, and is watched from then on.

JAX's coordination service, which the first of them runs, introduces them to each other and misses
those that are lost.
"""

import atexit
import os
import re
import signal
import socket
import sys
import threading
import time
from concurrent import futures
from contextlib import contextmanager, suppress
from functools import partial

from ift6266.backends.xla.library import load
from ift6266.backends.xla.processes import Alone, Joined, become, end_at_once
from ift6266.errors import InputError

PATIENCE = 60  # seconds that they wait for each other at the start


class Coming(Alone):
    """One that has not met the others yet."""

    def part(self):
        end_at_once()


def join(coordinator, number, count, devices=1, patience=PATIENCE):
    """Become process ``number`` of ``count``, each with so many ``devices``.

    They meet at ``coordinator``, HOST:PORT, where the first listens; with None for all three,
    SLURM or Open MPI has started them and JAX asks it.  The process forks, and what is returned to
    is its child: see :func:`_fork`.

    Raises InputError where JAX cannot be had, where the devices are not there, or where not all
    processes come within ``patience`` seconds.
    """
    _fork()
    become(Coming())
    load()
    if coordinator is not None:
        _look_for(coordinator, number, patience)
    _meet(coordinator, number, count, devices, patience)
    sys.excepthook = _abort_if_lost
    from ift6266.backends.xla.devices import use_devices, used_devices

    use_devices(devices)
    _require_alike(devices)
    joined = Joined(used_devices())
    with _nothing_on_stdout():  # where Gloo says that it connects them
        joined.greatest(0)  # all are here: to connect them later it would wait for 30 s alone
    become(joined)
    atexit.register(end_at_once)  # without joined.part()


def _fork():
    """Fork, and return in the child.

    The process itself hands signals on, and ends as its child does.  Where the others are lost,
    XLA aborts that, whatever Python wants; so one is left to say what happened.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    watched, held = os.pipe()
    child = os.fork()
    if not child:
        os.close(held)
        os.setpgid(0, 0)  # Ctrl-C comes through the parent, once
        threading.Thread(target=_end_at_end_of, args=(watched,), daemon=True).start()
        return
    os.close(watched)

    def hand_on(number, frame):
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hand_on)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == -signal.SIGABRT:
        raise InputError(
            'the other processes are lost: one has ended, cannot be reached, or was '
            'given another --processes or --devices; start all of them again, with '
            '--resume to go on from the last checkpoint'
        )
    if code < 0:
        raise InputError(
            f'ended by signal {-code}; start all processes again, with --resume to '
            'go on from the last checkpoint'
        )
    sys.exit(code)


def _end_at_end_of(pipe):
    """End with the parent, which holds the other end of a pipe and writes nothing."""
    os.read(pipe, 1)
    os._exit(1)


def _abort_if_lost(kind, error, traceback):
    """Where the network has lost the others, do as XLA does later; an excepthook."""
    from jax.errors import JaxRuntimeError

    if issubclass(kind, JaxRuntimeError) and re.search('Gloo|NCCL', str(error)):
        os.abort()
    sys.__excepthook__(kind, error, traceback)


def _meet(coordinator, number, count, devices, patience):
    """Connect to the coordination service, which the first process starts."""
    import jax

    jax.config.update('jax_num_cpu_devices', devices)
    jax.config.update('jax_enable_preemption_service', False)  # it would take SIGTERM for itself
    connect = partial(
        jax.distributed.initialize,
        coordinator,
        count,
        number,
        cluster_detection_method=None if coordinator is None else 'deactivate',
        # At the end of this time JAX aborts the process.
        initialization_timeout=2 * patience,
        # JAX itself takes 100 s to miss a host.
        heartbeat_timeout_seconds=20,
        shutdown_timeout_seconds=30,
    )
    try:
        _within(patience, connect)
    except TimeoutError:
        missed = f'of {count} processes came to {coordinator}' if coordinator else 'processes came'
        raise InputError(
            f'not all {missed} within {patience} s; start the missing ones, with the '
            'same --processes and --devices'
        ) from None
    except (KeyError, ValueError):
        raise InputError(
            '--hosts: neither SLURM nor Open MPI started this process; start it by '
            'srun or mpirun, or give --coordinator, --process and --processes'
        ) from None
    except jax.errors.JaxRuntimeError as error:
        raise InputError(f'cannot meet the other processes: {error}') from None


def _require_alike(devices):
    """Raise InputError where another process takes another number of devices.

    On processors each has as many as it takes; elsewhere one sees only whether it has too few.
    """
    import jax

    for process in range(jax.process_count()):
        there = len(jax.local_devices(process))
        if there < devices or there > devices and jax.default_backend() == 'cpu':
            raise InputError(
                f'process {process} has {there} devices, and process '
                f'{jax.process_index()} takes {devices}; give all the same --devices'
            )


@contextmanager
def _nothing_on_stdout():
    """In this context what C++ code writes to stdout is lost."""
    sys.stdout.flush()
    stdout = os.dup(1)
    with open(os.devnull, 'w') as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)


def _look_for(coordinator, number, patience):
    """Look whether the first process can listen at ``coordinator``, and others find it there.

    JAX itself says neither in a line.
    """
    if number == 0:
        _require_free(int(coordinator.rpartition(':')[2]))
    else:
        _find(coordinator, patience)


def free_port():
    """The number of a port of this host that nothing listens at."""
    with socket.socket() as listening:
        listening.bind(('', 0))
        return listening.getsockname()[1]


def _require_free(port):
    """Raise InputError where something listens at a port of this host already."""
    try:
        with socket.socket() as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(('', port))
    except OSError as error:
        raise InputError(
            f'cannot be the coordinator at port {port}: {error.strerror}; choose another'
        ) from None


def _find(coordinator, patience):
    """Wait until somebody listens there."""
    host, _, port = coordinator.rpartition(':')
    end = time.monotonic() + patience
    while True:
        try:
            socket.create_connection((host.strip('[]'), int(port)), 5).close()
            return
        except OSError as error:
            if time.monotonic() > end:
                raise InputError(
                    f'no coordinator at {coordinator} within {patience} s ({error.strerror or error}); start process 0 there, '
                    'and let its port through'
                ) from None
        time.sleep(0.2)


def _within(seconds, call):
    """What ``call()`` returns; TimeoutError after so long, which C++ code would not allow."""
    future = futures.Future()

    def complete():
        try:
            future.set_result(call())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=complete, daemon=True).start()
    return future.result(seconds)
