"""A program of its own, since JAX counts its devices once: trains on several of them.

    python -m tests.backends.xla.many_devices FILE
    python -m tests.backends.xla.many_devices FILE PORT RANK

The first trains on one device, writes the values of all variables, and prints their largest
difference on four devices, relative to the largest number of each, after WGAN iterations in
float64.  The second is one of two processes with two devices each, and prints the same for them.
"""

import sys
from unittest.mock import patch

import numpy as np

from ift6266.backends import Backend, use_devices
from ift6266.backends.xla.cluster import join
from ift6266.distributed import this_process
from tests.backends.xla import test_training
from tests.backends.xla.support import small_networks

BATCH, ITERATIONS = 4, 3
minibatches = test_training.minibatches


def small_minibatches(*arguments):
    """Every fourth pixel, and noise in the rows of other processes, which nobody may read."""
    noise = np.random.RandomState(this_process().rank)
    others = np.ones(BATCH, bool)
    others[this_process().rows(BATCH)] = False
    for minibatch in minibatches(*arguments):
        pictures = {name: minibatch[name][..., ::4, ::4] for name in ('context', 'centre')}
        for array in pictures.values():
            array[others] = noise.uniform(size=array[others].shape)
        yield pictures


def trained():
    """The values of all variables after some iterations in float64."""
    return test_training.train(Backend('xla'), 'float64', ITERATIONS)[1]


def difference(values, others):
    return max(
        np.abs(others[name] - value).max() / np.abs(value).max() for name, value in values.items()
    )


def one_process(path):
    use_devices(1)
    one = trained()
    np.savez(path, **one)
    use_devices(4)
    print(difference(one, trained()))


def one_of_two_processes(path, port, rank):
    join(coordinator='localhost:' + port, rank=int(rank), world_size=2, devices=2)
    values = trained()
    with np.load(path) as one:
        print(difference(dict(one), values))
    this_process().leave()


if __name__ == '__main__':
    path, *address = sys.argv[1:]
    with (
        patch.object(test_training, 'BATCH', BATCH),
        patch.object(test_training, 'minibatches', small_minibatches),
        patch.object(test_training, 'build_networks', small_networks),
    ):
        one_of_two_processes(path, *address) if address else one_process(path)
