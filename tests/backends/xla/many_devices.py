"""A program of its own, since JAX counts its devices once: trains on several of them.

    python -m tests.backends.xla.many_devices FILE
    python -m tests.backends.xla.many_devices FILE PORT PROCESS

The first trains on one, two and four devices, and writes what one comes to; the second is one of
two processes with two devices each.  They print the greatest difference of any array from that of
one device, relative to the array's greatest number, after ten WGAN iterations in float64; the first
then that of any loss in float32, each iteration from the same state.
"""

import sys
from unittest.mock import patch

import numpy as np

from ift6266.backends import Backend, use_devices
from ift6266.backends.xla.cluster import join
from ift6266.distributed import this_process
from tests.backends.xla import test_training

BATCH = 4
all_minibatches = test_training.minibatches


def minibatches(*arguments):
    """Those of the test, with noise in the rows of other processes, which nobody may read."""
    noise = np.random.RandomState(this_process().rank)
    others = np.ones(BATCH, bool)
    others[this_process().rows(BATCH)] = False
    found = all_minibatches(*arguments)
    for minibatch in found:
        for array in minibatch:
            array[others] = noise.uniform(size=array[others].shape)
    return found


def trained():
    with (
        patch.object(test_training, 'BATCH', BATCH),
        patch.object(test_training, 'minibatches', minibatches),
    ):
        _, values, _ = test_training.train(Backend('xla'), 'float64')
    return values


def difference(values, others):
    return max(
        np.abs(others[name] - value).max() / np.abs(value).max() for name, value in values.items()
    )


def devices_of_one_process(path):
    use_devices(1)
    one = trained()
    np.savez(path, **one)
    for number in (2, 4):
        use_devices(number)
        print(difference(one, trained()))
    use_devices(1)
    alone = test_training.build(Backend('xla'))
    for number in (2, 4):
        use_devices(number)
        with patch.object(test_training, 'BATCH', BATCH):
            print(test_training.difference_of_losses(test_training.build(Backend('xla')), alone))


def one_of_two_processes(path, port, process):
    join(coordinator='localhost:' + port, rank=int(process), world_size=2, devices=2)
    values = trained()
    if this_process().rank == 0:
        with np.load(path) as one:
            print(difference(dict(one), values))
    this_process().leave()


if __name__ == '__main__':
    path, *meeting = sys.argv[1:]
    if meeting:
        one_of_two_processes(path, *meeting)
    else:
        devices_of_one_process(path)
