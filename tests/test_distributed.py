"""What the processes of a run exchange, with threads in place of processes."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
from nose.tools import assert_equal

from ift6266.distributed import DistributedProcess, SingleProcess, this_process
from ift6266.errors import InputError

WORLD_SIZE = 3


def connected():
    """Processes whose maxima are NumPy's, over an array that all of them write to."""
    arrays, barrier = [None] * WORLD_SIZE, Barrier(WORLD_SIZE, timeout=60)

    def maxima_of(rank):
        def maxima(array):
            arrays[rank] = array
            barrier.wait()
            found = np.max(arrays, axis=0)
            barrier.wait()
            return found

        return maxima

    return [
        DistributedProcess(
            rank=rank,
            world_size=WORLD_SIZE,
            num_devices=2 * WORLD_SIZE,
            maxima=maxima_of(rank),
            shutdown=barrier.wait,
        )
        for rank in range(WORLD_SIZE)
    ]


def in_each(function):
    """What ``function(process)`` returns in each process, or the text of its InputError."""

    def call(process):
        try:
            return function(process)
        except InputError as error:
            return str(error)

    with ThreadPoolExecutor(WORLD_SIZE) as threads:
        return list(threads.map(call, connected()))


def test_maximum_and_rows():
    assert_equal(in_each(lambda process: process.maximum(10 - process.rank)), [10] * 3)
    assert_equal(in_each(lambda process: process.rows(6)), [slice(0, 2), slice(2, 4), slice(4, 6)])


def test_broadcast():
    content = bytes(range(256))
    made = []

    def make():
        made.append(1)
        return content

    assert_equal(in_each(lambda process: process.broadcast(make)), [content] * 3)
    assert_equal(made, [1])
    assert_equal(in_each(lambda process: process.broadcast(bytes)), [b''] * 3)


def test_an_error_in_broadcast():
    def make():
        raise InputError('no file')

    assert_equal(
        in_each(lambda process: process.broadcast(make)),
        ['no file', 'process 0: no file', 'process 0: no file'],
    )


def test_an_error_at_a_barrier():
    def fail_in_one(process):
        with process.barrier():
            if process.rank == 1:
                raise InputError('no Bücher')

    assert_equal(
        in_each(fail_in_one), ['process 1: no Bücher', 'no Bücher', 'process 1: no Bücher']
    )


def test_require_same():
    facts = {'same': 1, 'text': 'ü'}
    assert_equal(in_each(lambda process: process.require_same(lambda: facts)), [None] * 3)
    assert_equal(
        in_each(lambda process: process.require_same(lambda: {**facts, 'rank': process.rank})),
        ['process 1 differs from process 0 in rank: 1, not 0'] * 3,
    )


def test_a_single_process():
    process = this_process()
    assert isinstance(process, SingleProcess)
    assert_equal((process.rank, process.world_size, process.num_devices), (0, 1, 1))
    assert_equal(list(range(6))[process.rows(6)], list(range(6)))
    assert_equal((process.maximum(3), process.broadcast(lambda: b'x')), (3, b'x'))
