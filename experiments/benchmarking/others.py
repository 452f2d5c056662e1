"""How busy the machine is with anything else: then times are not those of a quiet one.

It does not hit all sides alike.  A thread that spins while it waits for the others, as
PyTorch's do, keeps them from a core that is shared, and may take ten times as long.
"""

import os
import time
from collections import namedtuple

import psutil

Seconds = namedtuple('Seconds', 'available busy ours')
Seconds.__doc__ = """Seconds of all cores since they started: in all, at work, and at our work.

Ours are those of this process and of the children that have ended.
"""


def seconds_so_far():
    cpu = psutil.cpu_times()
    return Seconds(
        time.perf_counter() * psutil.cpu_count(),
        cpu.user + cpu.nice + cpu.system,
        sum(os.times()[:4]),
    )


def share_of_others(before, after):
    """The share of all cores' time, between two :class:`Seconds`, that went to other work."""
    available, busy, ours = (end - start for start, end in zip(before, after))
    return max(0.0, (busy - ours) / available)
