"""Serve a page on which holes of photographs are brushed and painted: python -m ift6266.page."""

import argparse
import importlib.util
import logging
import os
import socket
import sys

from PIL import Image

from ift6266 import models
from ift6266.backends import BACKENDS, Backend, backend_name
from ift6266.errors import InputError

PROGRAM = 'python -m ift6266.page'
SMALL = 128, 128
MODEL = 'anyhole'  # chosen at the start: it was trained on holes of any form
END = 'The page has ended; nothing of it is kept.'
REST = 2  # seconds for what is under way at the end


def main(arguments: list[str]) -> str | None:
    """Serve until interrupted; returns what :func:`sys.exit` takes."""
    options = parse(arguments)
    logging.basicConfig(format='%(message)s', level=logging.WARNING)
    logging.getLogger('ift6266').setLevel(logging.INFO)
    try:
        serve(options)
    except InputError as error:
        return f'{PROGRAM}: error: {error}'
    except KeyboardInterrupt:
        print(END, flush=True)


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options of a command line."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add('--port', type=port, default=8080, metavar='N', help='0 takes a free one (default: 8080)')
    add(
        '--host',
        default='127.0.0.1',
        metavar='ADDRESS',
        help='where to listen; 0.0.0.0 lets other machines in (default: this machine alone)',
    )
    add(
        '--model',
        action='append',
        default=[],
        metavar='NAME|RUN',
        help='a run directory, which can be chosen beside the models of the package, or one of '
        f'them ({", ".join(models.names())}); the first is chosen at the start (default: {MODEL})',
    )
    add('--backend', type=backend_name, choices=BACKENDS, default='auto', help='what computes')
    return parser.parse_args(arguments)


def port(text: str) -> int:
    """An argparse type: the number of a port."""
    if not text.isdigit() or not int(text) < 2**16:
        raise argparse.ArgumentTypeError(f'{text!r} is not a port, a number from 0 to 65535')
    return int(text)


def serve(options: argparse.Namespace) -> None:
    """Listen, load the models, and answer until an interrupt, which is raised."""
    for name in ('starlette', 'uvicorn'):
        if importlib.util.find_spec(name) is None:
            raise InputError(f'the page needs {name}; "make page" installs it')
    with listen(options.host, options.port) as listening:
        # Theano takes seconds to import, and what is wrong above is said before.
        import uvicorn

        from ift6266.inpainter import Inpainter
        from ift6266.page.application import LIFETIME, MAX_HELD, MAX_PAINTING, Page
        from ift6266.page.sessions import Sessions
        from ift6266.page.worker import Worker

        backend = Backend(options.backend)
        names = dict.fromkeys([*options.model, MODEL, *models.names()])
        painters = {name: Inpainter.load(name, backend) for name in names}
        worker = Worker(MAX_PAINTING)
        # The first model is compiled while a hole is brushed.
        worker.enter(
            lambda: next(iter(painters.values())).paint_photograph(Image.new('RGB', SMALL))
        )
        page = Page(painters, Sessions(MAX_HELD, LIFETIME), worker)
        server = uvicorn.Server(
            uvicorn.Config(
                page.application(options.host),
                log_level='critical',  # the page logs its faults itself
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        print(f'The page is at {address(listening)}   (Ctrl+C ends it)', flush=True)
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            if worker.rest(REST):
                raise
            print(END, flush=True)
            os._exit(0)  # else Python waits for what is compiled, a minute or two


def listen(host: str, number: int) -> socket.socket:
    """A socket that listens.  Raises :class:`InputError` where it cannot."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        return socket.create_server((host, number), family=family)
    except OSError as error:
        reason, *_ = error.strerror.split(' (')  # that names the address again
        raise InputError(
            f'no page at port {number} of {host}: {reason}; choose another --port'
        ) from None


def address(listening: socket.socket) -> str:
    """The URL to open in a browser on this machine."""
    host, number = listening.getsockname()[:2]
    host = {'0.0.0.0': '127.0.0.1', '::': '::1'}.get(host, host)
    return f'http://[{host}]:{number}/' if ':' in host else f'http://{host}:{number}/'


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
