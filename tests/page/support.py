"""What the tests of the page share: a painter that is quick, and a page with it."""

import contextlib
import socket
import threading
import time
import unittest

import numpy as np
from PIL import Image

try:
    import uvicorn

    from ift6266.page.application import Page
except ImportError:
    raise unittest.SkipTest('starlette and uvicorn are not installed') from None

from ift6266.errors import InputError
from ift6266.page.sessions import Sessions
from ift6266.page.worker import Worker


class Painter:
    """Paints a hole in one colour, another each time, after ``seconds``."""

    def __init__(self, *, captions: bool = False, seconds: float = 0):
        self.embedding = object() if captions else None
        self.seconds, self.calls = seconds, []

    def paint_photograph(self, image, hole=None, caption=None, *, detail='exemplars', seed=1):
        time.sleep(self.seconds)
        if hole.all():
            raise InputError('the hole covers the whole photograph')
        if caption == 'what breaks it':
            raise ZeroDivisionError
        self.calls.append((caption, detail))
        pixels = np.array(image)
        pixels[hole] = 10 * len(self.calls), 200, 0
        return Image.fromarray(pixels)


def make_page(
    painters=None, *, limit=2**28, lifetime=60, length=4, clock=time.monotonic, **options
):
    """A page with small limits."""
    painters = painters or {'plain': Painter(), 'told': Painter(captions=True)}
    return Page(painters, Sessions(limit, lifetime, clock), Worker(length), **options)


@contextlib.contextmanager
def serving(page):
    """The port of a server of the page, which runs meanwhile."""
    with socket.create_server(('127.0.0.1', 0)) as listening:
        server = uvicorn.Server(
            uvicorn.Config(
                page.application('127.0.0.1'), log_level='critical', timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=server.run, kwargs={'sockets': [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
