"""The thread that paints, and the line of work before it."""

import asyncio
import itertools
import queue
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, wait


class LineFull(Exception):
    """No more work can wait; ``length`` pieces do."""

    def __init__(self, length: int):
        super().__init__(length)
        self.length = length


class Worker:
    """One thread that does work in the order it comes; at most ``length`` pieces are in the line.

    Its methods are called in one thread, that of the event loop.
    """

    def __init__(self, length: int):
        self.length = length
        self._line: list[Future] = []
        self._queue = queue.SimpleQueue()
        # As a daemon it does not keep the process from ending while it paints.
        threading.Thread(target=self._work, name='painter', daemon=True).start()

    def enter(self, work: Callable[[], object]) -> Future:
        """Put work at the end of the line.  Raises :class:`LineFull`."""
        self._forget_done()
        if len(self._line) >= self.length:
            raise LineFull(len(self._line))
        future = Future()
        self._line.append(future)
        self._queue.put((future, work))
        return future

    async def places(self, future: Future, every: float = 0.1) -> AsyncIterator[int]:
        """How many pieces are before this one, each time that it changes, until it is done.

        Work that nobody follows to its end is not begun.
        """
        last, done = None, asyncio.wrap_future(future)
        # The caller asks the future itself for its error, asyncio is not to miss it.
        done.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            while not future.done():
                before = itertools.takewhile(lambda other: other is not future, self._line)
                place = sum(not other.done() for other in before)
                if place != last:
                    yield place
                    last = place
                await asyncio.wait([done], timeout=every)
        finally:
            future.cancel()  # this changes nothing where it is done or under way
            self._forget_done()

    def rest(self, seconds: float) -> bool:
        """Begin nothing of the line, and say whether what is under way ends in so many seconds."""
        begun = [future for future in self._line if not future.cancel()]
        return not wait(begun, seconds).not_done

    def _forget_done(self):
        self._line = [future for future in self._line if not future.done()]

    def _work(self):
        while True:
            future, work = self._queue.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:
                    future.set_exception(error)
            del future, work  # which may hold a photograph
