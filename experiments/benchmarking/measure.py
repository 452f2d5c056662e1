"""What is measured of a process: calls once it is warm, its first update, its memory."""

import math
import time
from collections.abc import Collection

from .process import Process

LONG_ENOUGH = 0.3  # seconds of calls in one measurement
PAUSE = 0.05  # seconds for idle threads of the process measured before to fall asleep
WARM_UP = 3  # calls before any that count
UPDATES = 20  # before peak memory is read


class Calls:
    """A row's calls in one process, warmed up."""

    def __init__(self, process: Process, what: str, batch: int):
        self.process, self.what = process, (what, batch)
        self._run(WARM_UP)
        self.number = max(1, math.ceil(LONG_ENOUGH / self._run(1)))

    def _run(self, number):
        return self.process.ask('run', *self.what, number)

    def measure(self) -> float:
        """Milliseconds a call, over enough calls after one that wakes threads and fills caches."""
        time.sleep(PAUSE)
        self._run(1)
        return 1000 * self._run(self.number) / self.number


def first_update(
    side: str, form: str, batch: int, *, precision: str, environment: dict[str, str]
) -> float:
    """Milliseconds from the start of a new process to the end of its first L2 update."""
    start = time.perf_counter()
    with Process(side, form, precision=precision, environment=environment) as process:
        process.ask('run', 'l2 step', batch, 1)
        return 1000 * (time.perf_counter() - start)


def with_cache(environment: dict[str, str], folder: str) -> dict[str, str]:
    """The environment variables with ``folder`` for what Theano or PyTorch compiles."""
    flags = [environment.get('THEANO_FLAGS'), 'base_compiledir=' + folder]
    return {
        **environment,
        'THEANO_FLAGS': ','.join(filter(None, flags)),
        'TORCHINDUCTOR_CACHE_DIR': folder,
    }


def peak_memory(
    side: str, form: str, batch: int, *, precision: str, environment: dict[str, str]
) -> float:
    """The most memory, in MB, that a new process has held after some L2 updates."""
    with Process(side, form, precision=precision, environment=environment) as process:
        process.ask('run', 'l2 step', batch, UPDATES)
        return process.ask('peak_memory')


def matrix_product_peak(
    processes: Collection[Process], size: int = 2048, repeats: int = 5
) -> float:
    """10⁹ float32 operations a second in a large matrix product, the best of a few by any."""
    for process in processes:
        process.ask('run', 'matrix product', size, 1)
    seconds = min(
        process.ask('run', 'matrix product', size, 1)
        for _ in range(repeats)
        for process in processes
    )
    return 2 * size**3 / seconds / 1e9
