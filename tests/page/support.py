"""What the tests of the page share: a painter that is quick, and a page with it."""

import io
import time
import unittest
from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest import mock

import numpy as np
from PIL import Image

try:
    import starlette  # noqa: F401
    import uvicorn  # noqa: F401
except ImportError:
    raise unittest.SkipTest('starlette and uvicorn are not installed') from None

from ift6266 import photographs
from ift6266.errors import InputError
from ift6266.page.application import Page
from ift6266.page.sessions import Sessions
from ift6266.page.worker import Worker


class Painter:
    """Paints a hole in one colour, another each time, after ``seconds``."""

    def __init__(self, *, captions: bool = False, seconds: float = 0):
        self.embedding = SimpleNamespace() if captions else None
        self.seconds, self.calls = seconds, []

    def paint_photograph(self, image, hole=None, caption=None, *, detail='exemplars', seed=1):
        time.sleep(self.seconds)
        self.calls.append((caption, detail))
        if hole.all():
            raise InputError('the hole covers the whole photograph')
        pixels = np.array(image)
        pixels[hole] = 10 * len(self.calls), 200, 0
        return Image.fromarray(pixels)


@dataclass
class Photograph:
    """A stand-in."""

    image: Image.Image
    format: str
    remarks: list = field(default_factory=list)

    def encode(self, painted, hole, *, format=None, quality=None):
        buffer = io.BytesIO()
        painted.save(buffer, self.format)
        return buffer.getvalue()


def decode(content):
    try:
        image = Image.open(io.BytesIO(content))
        format = image.format
        return Photograph(image.convert('RGB'), format)
    except OSError:
        raise InputError('damaged') from None


if not hasattr(photographs, 'decode_photograph'):
    mock.patch.object(photographs, 'decode_photograph', decode, create=True).start()


def make_page(painters=None, *, limit=2**28, lifetime=60, length=4, **options):
    """A page with small limits."""
    painters = painters or {'plain': Painter(), 'told': Painter(captions=True)}
    return Page(painters, Sessions(limit, lifetime), Worker(length), **options)
