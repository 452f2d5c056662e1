"""What the page asks for, and the answers: an ASGI application.

Errors are answered in words: ``{"error": "..."}``.
"""

import asyncio
import contextlib
import io
import json
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ift6266.data.pictures import MAX_BYTES, Refused
from ift6266.errors import InputError
from ift6266.page.guard import Guard
from ift6266.page.sessions import Absent, NoRoom, Session, Sessions
from ift6266.page.worker import LineFull, Worker
from ift6266.photographs import decode_photograph

STATIC = Path(__file__).resolve().parent / 'static'
MEDIA_TYPES = {
    '.html': 'text/html',
    '.css': 'text/css',
    '.js': 'text/javascript',
    '.svg': 'image/svg+xml',
}
DETAILS = ('exemplars', 'none')

MAX_HELD = 2**30  # bytes; ten photographs of 12 megapixels
LIFETIME = 1800  # seconds; an open page asks for its photograph more often
MAX_PAINTING = 16  # pieces of work in the line
MAX_UPLOADING = 64
DECODING = 2  # photographs that are received and decoded at a time; the others wait unread
MAX_MASK_BYTES = 2**25
UPLOAD_SECONDS = 120
RETRY_SECONDS = 2

FAULT = 'this page has a fault, of which its terminal says more'

logger = logging.getLogger(__name__)


class Page:
    """The page, for painters by name.

    Parameters
    ----------
    painters : dict
        Of :class:`~ift6266.inpainter.Inpainter`; the first is chosen unless another is.
    sessions : :class:`~ift6266.page.sessions.Sessions`
    worker : :class:`~ift6266.page.worker.Worker`
    max_bytes : int
        Of a photograph's file.

    """

    def __init__(
        self, painters: dict, sessions: Sessions, worker: Worker, *, max_bytes: int = MAX_BYTES
    ):
        self.painters, self.sessions, self.worker = painters, sessions, worker
        self.max_bytes = max_bytes
        self._uploading, self._decoding = 0, asyncio.Semaphore(DECODING)
        self._used = set()  # names of painters that have painted, and so are compiled
        # Read once: no request reaches the disk.
        self._static = {path.name: path.read_bytes() for path in STATIC.iterdir()}

    def application(self, host: str) -> Guard:
        """The ASGI application of a server that listens at ``host``."""
        photograph = '/photographs/{name}'
        application = Starlette(
            routes=[
                Route('/', self.static),
                Route('/static/{file}', self.static),
                Route('/settings', self.settings),
                Route('/photographs', self.open_photograph, methods=['POST']),
                Route(photograph, self.keep, methods=['GET']),
                Route(photograph, self.close, methods=['DELETE']),
                Route(photograph + '/view', self.view),
                Route(photograph + '/paintings', self.paint, methods=['POST']),
                Route(photograph + '/paintings/{number:int}', self.painting),
                Route(photograph + '/file', self.file),
            ],
            exception_handlers={
                HTTPException: lambda _, error: refusal(error.status_code, error.detail),
                InputError: lambda _, error: refusal(400, str(error)),
                Absent: lambda *_: refusal(
                    404, 'this photograph is no longer open here; open its file again'
                ),
                NoRoom: lambda *_: busy('too many photographs are open now'),
                LineFull: lambda _, error: busy(f'{error.length} pieces of work wait already'),
                ClientDisconnect: lambda *_: Response(status_code=400),  # nobody reads it
                Exception: lambda _, error: fault(error),
            },
            lifespan=self._forget_in_time,
        )
        return Guard(application, host)

    @contextlib.asynccontextmanager
    async def _forget_in_time(self, _):
        """Forget what has expired though nobody asks for anything."""

        async def forget():
            while True:
                await asyncio.sleep(self.sessions.lifetime / 10)
                self.sessions.forget_expired()

        task = asyncio.create_task(forget())
        yield
        task.cancel()

    async def static(self, request: Request) -> Response:
        """A file of the page."""
        name = request.path_params.get('file', 'page.html')
        if name not in self._static:
            raise HTTPException(404, 'there is no such file')
        return Response(self._static[name], media_type=MEDIA_TYPES[Path(name).suffix])

    async def settings(self, _: Request) -> Response:
        """The models, and whether they take captions; how large a file may be."""
        models = [
            {'name': name, 'caption': painter.embedding is not None}
            for name, painter in self.painters.items()
        ]
        return JSONResponse({'models': models, 'max_bytes': self.max_bytes})

    async def open_photograph(self, request: Request) -> Response:
        """Take the file of a photograph."""
        if self._uploading >= MAX_UPLOADING:
            async for _ in request.stream():  # browsers read no answer before they have sent all
                pass
            raise NoRoom
        self._uploading += 1
        try:
            async with self._decoding:
                content = await read_body(request, self.max_bytes)
                self.sessions.require_room(len(content))
                try:
                    photograph = await run_in_threadpool(decode_photograph, content)
                except Refused as reason:
                    raise InputError(f'the photograph: {reason}') from None
                except MemoryError:
                    raise InputError('the photograph: too little memory to decode it') from None
                session = Session(photograph, len(content))
                del content
                name = self.sessions.add(session)
        finally:
            self._uploading -= 1
        width, height = photograph.image.size
        return JSONResponse(
            {
                'name': name,
                'width': width,
                'height': height,
                'format': photograph.format,
                'remarks': photograph.remarks,
            },
            201,
        )

    async def keep(self, request: Request) -> Response:
        """A sign that a photograph is still open."""
        self._session(request)
        return Response(status_code=204)

    async def close(self, request: Request) -> Response:
        """Forget a photograph."""
        self.sessions.remove(request.path_params['name'])
        return Response(status_code=204)

    async def view(self, request: Request) -> Response:
        """The photograph as it came, for the eye."""
        content = await run_in_threadpool(self._session(request).view)
        return Response(content, media_type='image/jpeg')

    async def painting(self, request: Request) -> Response:
        """The box around what was painted in a hole, for the eye."""
        painting = self._session(request).painting(request.path_params['number'])
        return Response(painting.view, media_type='image/jpeg')

    async def file(self, request: Request) -> Response:
        """The photograph's file with the first paintings, for keeps."""
        session, number = self._session(request), count(request, 'after')
        session.painting(number)
        content = await run_in_threadpool(session.file, number)
        media_type = Image.MIME.get(session.photograph.format, 'application/octet-stream')
        return Response(
            content, media_type=media_type, headers={'Content-Disposition': 'attachment'}
        )

    async def paint(self, request: Request) -> Response:
        """Paint a hole in the photograph with the first ``after`` paintings.

        The answer is a line of JSON for each thing that happens: ``{"waiting": 2}``, two others
        come first; ``{"painting": true}``; ``{"error": "..."}`` or, at the end, ``{"painted": 1,
        "box": [left, top, width, height]}``.
        """
        session, after = self._session(request), count(request, 'after')
        if after:
            session.painting(after)
        name, detail = request.query_params.get('model', ''), request.query_params.get('detail')
        if name not in self.painters:
            raise InputError(f'there is no model {name!r} here')
        if detail not in DETAILS:
            raise InputError(f'detail is one of {", ".join(DETAILS)}')
        size, box = session.photograph.image.size, request.query_params.get('box', '')
        hole = await run_in_threadpool(
            read_hole, await read_body(request, MAX_MASK_BYTES), box, size
        )

        def work():
            painted = self.painters[name].paint_photograph(
                session.picture(after),
                hole,
                request.query_params.get('caption') or None,
                detail=detail,
            )
            self._used.add(name)
            return session.add(after, painted, hole)

        future = self.worker.enter(work)
        events = self._events(future, after + 1, first=name not in self._used)
        return StreamingResponse(events, media_type='application/x-ndjson')

    async def _events(self, future, number, *, first: bool) -> AsyncIterator[str]:
        """The lines of the answer of :meth:`paint`."""
        async for place in self.worker.places(future):
            yield line({'waiting': place} if place else {'painting': True, 'first': first})
        error = future.exception()
        if error is None:
            left, top, right, bottom = future.result().box
            yield line({'painted': number, 'box': [left, top, right - left, bottom - top]})
        elif isinstance(error, InputError):
            yield line({'error': str(error)})
        elif isinstance(error, MemoryError):
            yield line({'error': 'too little memory to paint this; free some, or paint less'})
        else:
            log_fault(error)
            yield line({'error': FAULT})

    def _session(self, request):
        return self.sessions.get(request.path_params['name'])


def line(event: dict) -> str:
    return json.dumps(event) + '\n'


def refusal(status: int, reason: str, headers: dict | None = None) -> Response:
    """An answer that says in words why there is no other."""
    if reason == HTTPStatus(status).phrase:  # Starlette's own errors
        reason = f'{reason.lower()}: the page does not ask for this'
    return JSONResponse({'error': reason}, status, headers)


def fault(error: Exception) -> Response:
    """An answer where the page itself is at fault."""
    log_fault(error)
    return refusal(500, FAULT)


def log_fault(error: BaseException) -> None:
    logger.error('a fault of the page', exc_info=error)


def busy(reason: str) -> Response:
    """An answer that asks to try again in a while."""
    return refusal(503, reason, {'Retry-After': str(RETRY_SECONDS)})


def count(request: Request, name: str) -> int:
    """A parameter of the query: a number from 0."""
    text = request.query_params.get(name, '')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InputError(f'{name} is a number from 0, not {text!r}')
    return int(text)


async def read_body(request: Request, limit: int) -> bytes:
    """What was uploaded; HTTPException where it is larger than ``limit`` bytes, or too slow."""
    too_large = HTTPException(413, f'larger than {limit // 10**6} MB')
    declared = request.headers.get('content-length', '')
    if declared.isdigit() and int(declared) > limit:
        raise too_large
    content = bytearray()
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            async for chunk in request.stream():
                content += chunk
                if len(content) > limit:
                    raise too_large
    except TimeoutError:
        raise HTTPException(408, f'not all came within {UPLOAD_SECONDS} seconds') from None
    return bytes(content)


def read_hole(content: bytes, box: str, size: tuple[int, int]) -> np.ndarray:
    """The hole of a photograph of ``size`` (width, height), (height, width) bool.

    ``content`` is a PNG file, opaque in the hole, or white there where it has no alpha.  It
    covers the ``box`` 'left,top,width,height' of the photograph, and is scaled to it.  Raises
    :class:`InputError`.
    """
    numbers = box.split(',')
    if len(numbers) != 4 or not all(text.isascii() and text.isdigit() for text in numbers):
        raise InputError(f'box is LEFT,TOP,WIDTH,HEIGHT, not {box!r}')
    left, top, width, height = (int(text[:9]) for text in numbers)
    if not (0 < width <= size[0] - left and 0 < height <= size[1] - top):
        raise InputError(f'the box {box} does not lie in the photograph')
    try:
        with Image.open(io.BytesIO(content), formats=['PNG']) as image:
            if image.width > width or image.height > height:
                raise InputError('the mask is larger than its box')
            level = image.getchannel('A') if image.mode == 'RGBA' else image.convert('L')
            pixels = np.asarray(level.resize((width, height)))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise InputError('the mask is no PNG file, or damaged') from None
    hole = np.zeros(size[::-1], bool)
    hole[top : top + height, left : left + width] = pixels > 127
    if not hole.any():
        raise InputError('the hole is empty: brush over what is to be painted')
    return hole
