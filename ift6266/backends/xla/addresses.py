"""The address where the processes of a run meet, checked before JAX connects to it.

JAX itself waits for minutes where an address is wrong, and then aborts.
"""

import socket
import time

from ift6266.errors import InputError

RETRY = 0.2  # seconds between two attempts to connect


def free_port() -> int:
    """A port of this host that nothing listens at."""
    with socket.socket() as listening:
        listening.bind(('', 0))
        return listening.getsockname()[1]


def check_coordinator(address: str, rank: int, timeout: float) -> None:
    """Raise InputError unless rank 0 can listen at ``address``, or another rank can reach it.

    Other ranks try for ``timeout`` seconds.
    """
    if rank == 0:
        _require_free(int(address.rpartition(':')[2]))
    else:
        _require_reachable(address, timeout)


def _require_free(port):
    try:
        with socket.socket() as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(('', port))
    except OSError as error:
        raise InputError(
            f'cannot be the coordinator at port {port}: {error.strerror}; choose another'
        ) from None


def _require_reachable(address, timeout):
    host, _, port = address.rpartition(':')
    end = time.monotonic() + timeout
    while True:
        try:
            socket.create_connection((host.strip('[]'), int(port)), 5).close()
            return
        except OSError as error:
            if time.monotonic() > end:
                raise InputError(
                    f'no coordinator at {address} within {timeout} s '
                    f'({error.strerror or error}); start process 0 there, and let its port through'
                ) from None
        time.sleep(RETRY)
