"""How the processes of a run meet: each forks, finds the others, and is watched from then on.

JAX's coordination service, which the first of them runs, introduces them to each other and misses
those that are lost.
"""
import os
import signal
import socket
import sys
import threading
import time
from concurrent import futures
from contextlib import suppress
from importlib.util import find_spec

from ift6266.backends.xla.library import load
from ift6266.backends.xla.processes import Alone, Joined, become
from ift6266.errors import InputError

PATIENCE = 60  # seconds that they wait for each other at the start
# JAX itself takes 100 s to miss a host.
WATCH = {'heartbeat_interval': 5, 'max_missing_heartbeats': 4, 'shutdown_timeout': 30}


class Coming(Alone):
    """One that has not met the others yet."""

    def part(self):
        """End at once, in failure: code that still waits for the others would complain."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


def join(coordinator, number, count, devices=1, patience=PATIENCE):
    """Become process ``number`` of ``count``, each with so many ``devices``.

    They meet at ``coordinator``, HOST:PORT, where the first listens; with None for all three,
    SLURM or Open MPI has started them and JAX asks it.  The process forks, and what is returned to
    is its child: see :func:`_fork`.  On processors each device is a process of its own, since the
    Gloo of this JAX connects one device of a process after the other, and each waits for the next.

    Raises InputError where JAX cannot be had, where the devices are not there, or where not all
    processes come within ``patience`` seconds.
    """
    forked = 1 if _has_gpus() else devices
    child = _fork(forked)
    become(Coming())
    load()
    if coordinator is None:
        coordinator, number, count = _ask_cluster()
    _meet(coordinator, number * forked + child, count * forked, patience)
    from ift6266.backends.xla.devices import use_devices, used_devices
    use_devices(devices // forked)
    joined = Joined(used_devices())
    joined.greatest(0)  # all are here: to connect them later Gloo would wait for 30 s alone
    become(joined)


def _has_gpus():
    """Whether JAX looks for GPUs; asking itself would start what must not be forked."""
    return bool(find_spec('jax_cuda12_plugin')) and os.environ.get('JAX_PLATFORMS') != 'cpu'


def _fork(count):
    """Fork, and return in each of ``count`` children which it is, from 0.

    The process itself hands signals on, and ends as its children do.  Where their others are
    lost, XLA aborts them, whatever Python wants; so that one is left to say what happened.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    watched, held = os.pipe()
    children = []
    for number in range(count):
        child = os.fork()
        if not child:
            os.close(held)
            os.setpgid(0, 0)  # Ctrl-C comes through the parent, once
            threading.Thread(target=_end_at_end_of, args=(watched,), daemon=True).start()
            return number
        children.append(child)
    os.close(watched)

    def hand_on(number, frame):
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hand_on)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    if -signal.SIGABRT in codes:
        raise InputError('the other processes are lost: one has ended, cannot be reached, or was '
                         'given another --processes or --devices; start all of them again, with '
                         '--resume to go on from the last checkpoint')
    if min(codes) < 0:
        raise InputError('ended by signal {}; start all processes again, with --resume to go on '
                         'from the last checkpoint'.format(-min(codes)))
    sys.exit(max(codes))


def _end_at_end_of(pipe):
    """End with the parent, which holds the other end of a pipe and writes nothing."""
    os.read(pipe, 1)
    os._exit(1)


def _ask_cluster():
    """Coordinator, number and count of processes from what started them."""
    import jax
    from jax._src.clusters import ClusterEnv
    try:
        coordinator, count, number, local = ClusterEnv.auto_detect_unset_distributed_params(
            None, None, None, None, PATIENCE)
    except KeyError as error:
        raise InputError('--hosts: {} is not set; start the processes by srun or mpirun, or give '
                         '--coordinator, --process and --processes'.format(error)) from None
    if coordinator is None:
        raise InputError('--hosts: neither SLURM nor Open MPI started this process; give '
                         '--coordinator, --process and --processes')
    jax.config.update('jax_cuda_visible_devices', ','.join(map(str, local)))
    return coordinator, number, count


def _meet(coordinator, number, count, patience):
    """Connect to the coordination service, which the first process starts.

    As ``jax.distributed.initialize`` does, which lets nobody say how soon a host is missed.
    """
    import jax
    from jax._src.distributed import global_state
    from jax._src.lib import xla_extension
    jax.config.update('jax_cpu_collectives_implementation', 'gloo')
    global_state.process_id, global_state.num_processes = number, count
    global_state.coordinator_address = coordinator
    port = coordinator.rpartition(':')[2]
    if number == 0:
        _require_free(int(port))
        global_state.service = xla_extension.get_distributed_runtime_service(
            '[::]:' + port, count, **WATCH)
    else:
        _find(coordinator, patience)
    global_state.client = xla_extension.get_distributed_runtime_client(
        coordinator, number, init_timeout=2 * patience, shutdown_on_destruction=False, **WATCH)
    try:
        _within(patience, global_state.client.connect)
    except futures.TimeoutError:
        raise InputError('not all of {} processes came to {} within {} s; start the missing ones, '
                         'with the same --processes and --devices'
                         .format(count, coordinator, patience)) from None


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
        raise InputError('cannot be the coordinator at port {}: {}; choose another'.format(
            port, error.strerror)) from None


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
                raise InputError('no coordinator at {} within {} s ({}); start process 0 there, '
                                 'and let its port through'.format(
                                     coordinator, patience, error.strerror or error)) from None
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
