"""A process that trains on minibatches, alone or with other processes, and times it.

    python -m benchmarking.share '[32, 128]' DEVICES [HOST:PORT PROCESS PROCESSES]

The first process prints a JSON object; see :func:`measure`.
"""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import jax
import numpy as np
from jax.sharding import PartitionSpec

from ift6266.backends import use_devices
from ift6266.backends.xla.cluster import join
from ift6266.backends.xla.devices import AXIS, used_devices
from ift6266.distributed import this_process

from . import ours
from .communication import communication
from .minibatches import critic_minibatch

FORM = 'xla', 'float32'
CALLS, ROUNDS = 3, 7
SMALL, LARGE = 8, 2**22  # bytes


def milliseconds(call: Callable[[], object]) -> float:
    """The median of some rounds of calls, each awaited, once it is compiled."""
    ours.wait(call())
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(CALLS):
            ours.wait(call())
        rounds.append(1000 * (time.perf_counter() - start) / CALLS)
    return median(rounds)


def compiled_steps(what: str) -> list[tuple]:
    """Each compiled step of a training step of this kind, and how often it is called."""
    if what == 'l2 step':
        return [(ours.l2(FORM).step, 1)]
    wgan = ours.wgan(FORM)
    return [(wgan.paint, 1), (wgan.critic_step, wgan.critic_steps), (wgan.generator_step, 1)]


def step_communication(what: str, batch: int) -> dict:
    """``times`` that the devices communicate in a step, and the ``bytes`` that each sends."""
    minibatch, devices = critic_minibatch(batch), used_devices().number
    calls = [
        (
            communication(step.function, [minibatch[name] for name in step.sources], devices),
            count,
        )
        for step, count in compiled_steps(what)
    ]
    return {name: sum(count * call[name] for call, count in calls) for name in ('times', 'bytes')}


def sum_of(size: int) -> Callable[[], object]:
    """A call that adds up arrays of so many bytes, one on each device."""
    devices = used_devices()
    rows = devices.split(np.ones((devices.number, size // 8), 'float64'))
    added = jax.jit(
        jax.shard_map(
            partial(jax.lax.psum, axis_name=AXIS),
            mesh=devices.mesh,
            in_specs=PartitionSpec(AXIS),
            out_specs=PartitionSpec(),
        )
    )
    return lambda: added(rows).block_until_ready()


def measure(batches: list[int]) -> dict:
    """``steps``, a list of dicts: what, batch, ms, times, bytes; and the time of a sum.

    ``small`` and ``large`` are milliseconds for 8 bytes and for 4 MiB on each device.
    """
    steps = []
    for what, call in (('l2 step', ours.l2_step), ('wgan iteration', ours.wgan_iteration)):
        for batch in batches:
            steps.append({
                'what': what,
                'batch': batch,
                'ms': milliseconds(call(FORM, batch)),
                **step_communication(what, batch),
            })
    return {
        'steps': steps,
        'small': milliseconds(sum_of(SMALL)),
        'large': milliseconds(sum_of(LARGE)),
    }


def main():
    batches, devices, *meeting = sys.argv[1:]
    if meeting:
        coordinator, rank, world_size = meeting
        join(
            coordinator=coordinator,
            rank=int(rank),
            world_size=int(world_size),
            devices=int(devices),
        )
    else:
        use_devices(int(devices))
    report = measure(json.loads(batches))
    if this_process().rank == 0:
        print(json.dumps(report))
    this_process().leave()


if __name__ == '__main__':
    main()
