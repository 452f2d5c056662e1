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

VIEW_PIXELS = 2**24  # some browsers can show no more


class Absent(Exception):
    """No such photograph is open."""


class NoRoom(Exception):
    """More photographs cannot be held now."""


@dataclass(frozen=True, eq=False)
class Painting:
    """What was painted in a hole.

    ``box`` is the (left, top, right, bottom) of the hole; ``content`` a PNG file of its RGBA
    pixels, opaque in the hole and transparent elsewhere.
    """

    box: tuple[int, int, int, int]
    content: bytes

    @classmethod
    def cut(cls, painted: Image.Image, hole: np.ndarray) -> 'Painting':
        """The hole, (height, width) bool, of a painted photograph."""
        box = bounding_box(hole)
        left, top, right, bottom = box
        alpha = hole[top:bottom, left:right, np.newaxis]
        pixels = np.concatenate([np.asarray(painted.crop(box)) * alpha, 255 * alpha], axis=2)
        buffer = io.BytesIO()
        # Level 1 takes a fifth of the time of the default.
        Image.fromarray(pixels.astype(np.uint8)).save(
            buffer, 'PNG', compress_level=1, icc_profile=painted.info.get('icc_profile')
        )
        return cls(box, buffer.getvalue())

    def pixels(self) -> Image.Image:
        """The RGBA pixels of the box."""
        return Image.open(io.BytesIO(self.content), formats=['PNG'])


class Session:
    """A photograph that is open in a page: as it came, and what was painted in it one by one."""

    def __init__(self, photograph, size: int):
        self.photograph, self._size = photograph, size
        self._paintings: list[Painting] = []
        self._latest = 0, photograph.image  # so that not all is pasted again for each stroke
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        pixels = 2 * 3 * self.photograph.image.width * self.photograph.image.height
        return self._size + pixels + sum(len(painting.content) for painting in self._paintings)

    def painting(self, number: int) -> Painting:
        """A painting; the first is number 1.  Raises :class:`InputError` where there is none."""
        if not 1 <= number <= len(self._paintings):
            raise InputError(f'there is no painting {number}')
        return self._paintings[number - 1]

    def picture(self, number: int) -> Image.Image:
        """The photograph with the first ``number`` paintings."""
        if number == 0:
            return self.photograph.image
        self.painting(number)
        with self._lock:
            done, image = self._latest
            if done > number:
                done, image = 0, self.photograph.image
            if done < number:
                image = image.copy()
                for painting in self._paintings[done:number]:
                    pixels = painting.pixels()
                    image.paste(pixels.convert('RGB'), painting.box, pixels.getchannel('A'))
                self._latest = number, image
            return image

    def hole(self, number: int) -> np.ndarray:
        """Where the first ``number`` paintings are, (height, width) bool."""
        width, height = self.photograph.image.size
        hole = np.zeros((height, width), bool)
        for painting in self._paintings[:number]:
            left, top, right, bottom = painting.box
            hole[top:bottom, left:right] |= np.asarray(painting.pixels().getchannel('A')) > 0
        return hole

    def add(self, number: int, painting: Painting) -> int:
        """Put a painting after the first ``number``, in place of others; returns its number."""
        with self._lock:
            self._paintings[number:] = [painting]
            if self._latest[0] > number:
                self._latest = 0, self.photograph.image
        return number + 1

    def file(self, number: int) -> bytes:
        """The photograph's file with the first ``number`` paintings."""
        return self.photograph.encode(self.picture(number), self.hole(number))

    def view(self) -> bytes:
        """A JPEG file of the photograph, to look at."""
        image = self.photograph.image
        scale = (VIEW_PIXELS / (image.width * image.height)) ** 0.5
        profile = image.info.get('icc_profile')
        if scale < 1:
            size = int(scale * image.width), int(scale * image.height)
            image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2)
        buffer = io.BytesIO()
        image.save(buffer, 'JPEG', quality=95, subsampling=0, icc_profile=profile)
        return buffer.getvalue()


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


def bounding_box(hole: np.ndarray) -> tuple[int, int, int, int]:
    """The (left, top, right, bottom) of a hole, (height, width) bool, that is not empty."""
    rows, columns = (np.flatnonzero(hole.any(axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
