"""How busy the machine is with other programs, which disturb the times.

They do not disturb all sides alike.  A thread that spins while it waits for the others, as
PyTorch's do, keeps them from a core that is shared, and may take ten times as long.
"""

import os
import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Seconds:
    """Seconds of all cores since they started: in all, at work, and at our work.

    Ours are those of this process and of the children that have ended.
    """

    available: float
    busy: float
    ours: float


def seconds_so_far() -> Seconds:
    cpu = psutil.cpu_times()
    return Seconds(
        time.perf_counter() * psutil.cpu_count(),
        cpu.user + cpu.nice + cpu.system,
        sum(os.times()[:4]),
    )


def share_of_others(before: Seconds, after: Seconds) -> float:
    """The share of all cores' time, between two counts, that other programs took."""
    others = after.busy - before.busy - (after.ours - before.ours)
    return max(0.0, others / (after.available - before.available))
