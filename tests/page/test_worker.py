"""The thread that paints, and its line."""

import asyncio
import threading
import unittest

from ift6266.page.worker import LineFull, Worker
from tests.page import support  # noqa: F401  skips where the page cannot be


async def places(worker, future):
    return [place async for place in worker.places(future, every=0.01)]


def test_work_is_done_in_its_order():
    done = []

    async def work():
        worker = Worker(9)
        futures = [worker.enter(lambda number=number: done.append(number)) for number in range(9)]
        await asyncio.gather(*(places(worker, future) for future in futures))

    asyncio.run(work())
    assert done == list(range(9))


def test_places_fall_and_a_full_line_says_so():
    async def work():
        worker, gate = Worker(2), threading.Event()
        first, second = worker.enter(gate.wait), worker.enter(lambda: 'done')
        with unittest.TestCase().assertRaises(LineFull) as raised:
            worker.enter(gate.wait)
        assert raised.exception.length == 2
        asyncio.get_running_loop().call_later(0.05, gate.set)
        assert await places(worker, second) in ([1, 0], [1])
        assert first.done() and second.result() == 'done'
        assert worker.enter(lambda: 'room').result(1) == 'room'

    asyncio.run(work())


def test_work_that_nobody_waits_for_is_not_begun():
    done = []

    async def work():
        worker, gate = Worker(3), threading.Event()
        worker.enter(gate.wait)
        left, last = worker.enter(lambda: done.append('left')), worker.enter(lambda: None)
        following = asyncio.create_task(places(worker, left))
        await asyncio.sleep(0.03)
        following.cancel()
        await asyncio.wait([following])
        gate.set()
        last.result(1)
        assert left.cancelled()

    asyncio.run(work())
    assert done == []


def test_errors_are_those_of_the_work():
    worker = Worker(1)
    future = worker.enter(lambda: 1 / 0)
    assert isinstance(future.exception(1), ZeroDivisionError)
    assert Worker(1).enter(lambda: 2).result(1) == 2


def test_it_rests_once_what_is_under_way_has_ended():
    worker, gate, done = Worker(3), threading.Event(), []
    begun = worker.enter(gate.wait)
    worker.enter(lambda: done.append('left'))
    while not begun.running():
        pass
    assert not worker.rest(0.01)
    gate.set()
    assert worker.rest(5) and begun.result() and not done
