"""How processes become those of one run: each connects to JAX's coordination service.

The process of rank 0 runs the service, which introduces the processes to each other and notices
when one is lost.  Functions here import JAX after :func:`ift6266.backends.xla.library.load`, which
says what to install where there is none.
"""

import atexit
import os
import re
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from contextlib import contextmanager

from ift6266.backends.xla.addresses import check_coordinator
from ift6266.backends.xla.library import load
from ift6266.backends.xla.supervisor import continue_in_child
from ift6266.distributed import DistributedProcess, SingleProcess, set_this_process
from ift6266.errors import InputError

TIMEOUT = 60  # seconds that processes wait for each other at the start


class JoiningProcess(SingleProcess):
    """A process whose connection is not made yet, or could not be made."""

    def leave(self) -> None:
        _exit_at_once()


def join(
    *,
    coordinator: str | None = None,
    rank: int | None = None,
    world_size: int | None = None,
    devices: int = 1,
    timeout: float = TIMEOUT,
) -> None:
    """Make this process one of several, each with ``devices`` devices.

    The processes meet at ``coordinator``, HOST:PORT, where that of rank 0 listens.  Where SLURM or
    Open MPI started them, the first three are left out: JAX asks it.  This function returns in a
    child of the process that called it; see :mod:`ift6266.backends.xla.supervisor`.

    Raises InputError where there is no JAX, where there are fewer devices, or where not all
    processes come within ``timeout`` seconds.
    """
    continue_in_child()
    set_this_process(JoiningProcess())
    load()
    if coordinator is not None:
        check_coordinator(coordinator, rank, timeout)
    _connect(
        coordinator=coordinator, rank=rank, world_size=world_size, devices=devices, timeout=timeout
    )
    sys.excepthook = _abort_if_lost
    _use_devices_of_all(devices)
    atexit.register(_exit_at_once)  # where a process ends without leave()


def _connect(*, coordinator, rank, world_size, devices, timeout):
    """Connect to the coordination service, which the process of rank 0 starts."""
    import jax

    jax.config.update('jax_num_cpu_devices', devices)
    jax.config.update('jax_enable_preemption_service', False)  # it would handle SIGTERM itself

    def initialize():
        jax.distributed.initialize(
            coordinator,
            world_size,
            rank,
            cluster_detection_method=None if coordinator is None else 'deactivate',
            initialization_timeout=2 * timeout,  # when it is over JAX aborts the process
            heartbeat_timeout_seconds=20,  # by default a lost host is noticed after 100 s
            shutdown_timeout_seconds=30,
        )

    try:
        _call_within(timeout, initialize)
    except TimeoutError:
        missed = (
            f'of {world_size} processes came to {coordinator}' if coordinator else 'processes came'
        )
        raise InputError(
            f'not all {missed} within {timeout} s; start the missing ones, with the same '
            '--processes and --devices'
        ) from None
    except (KeyError, ValueError):
        raise InputError(
            '--hosts: neither SLURM nor Open MPI started this process; start it by srun or '
            'mpirun, or give --coordinator, --process and --processes'
        ) from None
    except jax.errors.JaxRuntimeError as error:
        raise InputError(f'cannot connect to the other processes: {error}') from None


def _use_devices_of_all(count):
    """Split minibatches over ``count`` devices of each process, and exchange messages by them."""
    import jax

    from ift6266.backends.xla.devices import use_devices, used_devices

    use_devices(count)
    _require_same_count(count)
    devices = used_devices()
    with _no_stdout():  # where Gloo reports connections
        devices.maximum(0)  # connects all now, while all are here: Gloo waits for 30 s alone
    set_this_process(
        DistributedProcess(
            rank=jax.process_index(),
            world_size=jax.process_count(),
            num_devices=devices.number,
            maxima=devices.maximum,
            shutdown=_shut_down,
        )
    )


def _require_same_count(count):
    """Raise InputError where another process has another number of devices.

    On CPUs a process has as many as it was started with; on others one sees only whether it has
    too few.
    """
    import jax

    for rank in range(jax.process_count()):
        present = len(jax.local_devices(rank))
        if present < count or present > count and jax.default_backend() == 'cpu':
            raise InputError(
                f'process {rank} has {present} devices, and process {jax.process_index()} takes '
                f'{count}; give all the same --devices'
            )


def _shut_down():
    """Disconnect when all processes do."""
    import jax

    jax.distributed.shutdown()
    atexit.unregister(_exit_at_once)


def _exit_at_once():
    """End this process in failure, where JAX would wait for the others and then abort."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)


def _abort_if_lost(kind, error, traceback):
    """An excepthook: abort, as XLA does somewhat later, where the network lost the others."""
    from jax.errors import JaxRuntimeError

    if issubclass(kind, JaxRuntimeError) and re.search('Gloo|NCCL', str(error)):
        os.abort()
    sys.__excepthook__(kind, error, traceback)


@contextmanager
def _no_stdout():
    """A context in which what C++ code writes to stdout is lost."""
    sys.stdout.flush()
    stdout = os.dup(1)
    with open(os.devnull, 'w') as nowhere:
        os.dup2(nowhere.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)


def _call_within(seconds: float, function: Callable):
    """What ``function()`` returns; raises TimeoutError after so long, when it may still run."""
    future = futures.Future()

    def complete():
        try:
            future.set_result(function())
        except Exception as error:
            future.set_exception(error)

    threading.Thread(target=complete, daemon=True).start()
    return future.result(seconds)
