"""The photographs that are open in pages, in memory alone, with what has been painted in them."""

import io
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ift6266.errors import InputError
from ift6266.holes import bounding_box

VIEW_PIXELS = 2**24  # some browsers can show no more


class Absent(Exception):
    """No such photograph is open."""


class NoRoom(Exception):
    """More photographs cannot be held now."""


@dataclass(frozen=True, eq=False)
class Painting:
    """What was painted in a hole.

    ``box`` is the (left, top, right, bottom) around the hole, ``bits`` which of its pixels are the
    hole's, packed by rows, and ``pixels``, (number, 3) uint8, what was painted there.  ``view`` is
    a JPEG file of the box, to look at.
    """

    box: tuple[int, int, int, int]
    bits: np.ndarray
    pixels: np.ndarray
    view: bytes

    @classmethod
    def cut(cls, painted: Image.Image, hole: np.ndarray) -> 'Painting':
        """The hole, (height, width) bool, of a painted photograph."""
        left, top, right, bottom = box = bounding_box(hole)
        crop, part = painted.crop(box), hole[top:bottom, left:right]
        bits, pixels = np.packbits(part, axis=1), np.asarray(crop)[part]
        return cls(box, bits, pixels, as_jpeg(crop, painted.info.get('icc_profile')))

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return self.bits.nbytes + self.pixels.nbytes + len(self.view)

    def hole(self) -> np.ndarray:
        """Which pixels of the box are the hole's, (height, width) bool."""
        return np.unpackbits(self.bits, axis=1, count=self.box[2] - self.box[0]).view(bool)

    def within(self, array: np.ndarray) -> np.ndarray:
        """The box of an array as large as the photograph, (height, width, ...)."""
        left, top, right, bottom = self.box
        return array[top:bottom, left:right]


class Session:
    """A photograph that is open in a page: as it came, and what was painted in it one by one."""

    def __init__(self, photograph, size: int):
        self.photograph, self._size = photograph, size
        self._paintings: list[Painting] = []
        self._latest = 0, photograph.image  # so that not all is pasted again for each stroke
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that it holds; for Pillow a pixel has four."""
        pixels = 2 * 4 * self.photograph.image.width * self.photograph.image.height
        return self._size + pixels + sum(painting.size for painting in self._paintings)

    def painting(self, number: int) -> Painting:
        """A painting; the first is number 1.  Raises :class:`InputError` where there is none."""
        if not 1 <= number <= len(self._paintings):
            raise InputError(f'there is no painting {number}')
        return self._paintings[number - 1]

    def picture(self, number: int) -> Image.Image:
        """The photograph with the first ``number`` paintings."""
        if number:
            self.painting(number)
        with self._lock:
            if self._latest[0] != number:
                pixels = np.array(self.photograph.image)
                for painting in self._paintings[:number]:
                    painting.within(pixels)[painting.hole()] = painting.pixels
                image = Image.fromarray(pixels)
                image.info = self.photograph.image.info
                self._latest = number, image
            return self._latest[1]

    def hole(self, number: int) -> np.ndarray:
        """Where the first ``number`` paintings are, (height, width) bool."""
        width, height = self.photograph.image.size
        hole = np.zeros((height, width), bool)
        for painting in self._paintings[:number]:
            painting.within(hole)[...] |= painting.hole()
        return hole

    def add(self, number: int, painted: Image.Image, hole: np.ndarray) -> Painting:
        """Keep what was painted in a hole of the :meth:`picture`, in place of later paintings.

        ``painted`` is the picture with other pixels in the hole, (height, width) bool.
        """
        painting = Painting.cut(painted, hole)
        with self._lock:
            self._paintings[number:] = [painting]
            self._latest = number + 1, painted
        return painting

    def file(self, number: int) -> bytes:
        """The photograph's file with the first ``number`` paintings."""
        return self.photograph.encode(self.picture(number), self.hole(number))

    def view(self) -> bytes:
        """A JPEG file of the photograph, to look at."""
        image = self.photograph.image
        profile = image.info.get('icc_profile')
        scale = (VIEW_PIXELS / (image.width * image.height)) ** 0.5
        if scale < 1:
            size = int(scale * image.width), int(scale * image.height)
            image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2)
        return as_jpeg(image, profile)


class Sessions:
    """The sessions by their names, which nobody can guess.

    They hold ``limit`` bytes; one that is not asked for in ``lifetime`` seconds is forgotten.
    """

    def __init__(self, limit: int, lifetime: float, clock: Callable[[], float] = time.monotonic):
        self.limit, self.lifetime, self._clock = limit, lifetime, clock
        self._sessions: dict[str, tuple[float, Session]] = {}

    def __len__(self):
        return len(self._sessions)

    def require_room(self, size: int = 0) -> None:
        """Raise :class:`NoRoom` where no more than ``size`` bytes can be held besides."""
        self.forget_expired()
        if size + sum(session.size for _, session in self._sessions.values()) > self.limit:
            raise NoRoom

    def add(self, session: Session) -> str:
        """The name under which the session is held from now on.  Raises :class:`NoRoom`."""
        self.require_room(session.size)
        name = secrets.token_urlsafe(16)
        self._sessions[name] = self._clock(), session
        return name

    def get(self, name: str) -> Session:
        """The session of this name, whose life begins anew.  Raises :class:`Absent`."""
        self.forget_expired()
        if name not in self._sessions:
            raise Absent
        _, session = self._sessions[name]
        self._sessions[name] = self._clock(), session
        return session

    def remove(self, name: str) -> None:
        """Forget a session, where it is held."""
        self._sessions.pop(name, None)

    def forget_expired(self) -> None:
        """Forget the sessions that have not been asked for."""
        oldest = self._clock() - self.lifetime
        self._sessions = {
            name: (seen, session)
            for name, (seen, session) in self._sessions.items()
            if seen >= oldest
        }


def as_jpeg(image: Image.Image, profile: bytes | None) -> bytes:
    """A JPEG file, in which the eye sees no loss."""
    buffer = io.BytesIO()
    image.save(buffer, 'JPEG', quality=95, subsampling=0, icc_profile=profile)
    return buffer.getvalue()
