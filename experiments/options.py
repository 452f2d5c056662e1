"""What all scripts share: options, their types, and errors in one line."""

import argparse
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from ift6266.backends import BACKENDS, backend_name
from ift6266.distributed import this_process
from ift6266.errors import InputError
from ift6266.files import let_stdout_take_any_name
from ift6266.models import names

logger = logging.getLogger('ift6266')


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that say something: not those of flags, or of what may be absent."""

    def _get_help_string(self, action):
        return super()._get_help_string(action) if action.default else action.help


class OptionError(InputError):
    """A wrong option, which ends a script with status 2."""


class Parser(argparse.ArgumentParser):
    """Shows the defaults in its help, and a wrong option in one line."""

    def __init__(self, description, **kwargs):
        super().__init__(
            description=description, allow_abbrev=False, formatter_class=HelpFormatter, **kwargs
        )

    def error(self, message):
        raise OptionError(f'{message} (see --help)')


def number(kind: type, minimum: float, maximum: float = float('inf'), *, exclusive: bool = False):
    """An argparse type: an int or a float from ``minimum``, or above it, to ``maximum``."""

    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = float('nan')
        if not minimum <= value <= maximum or (exclusive and value == minimum):
            what = 'a whole number' if kind is int else 'a number'
            bounds = f'{"above" if exclusive else "from"} {minimum}'
            if maximum < float('inf'):
                bounds += f' to {maximum}'
            raise argparse.ArgumentTypeError(f'{text!r} is not {what} {bounds}')
        return value

    return parse


COUNT = number(int, 1)
POSITIVE = number(float, 0, 1e6, exclusive=True)


def add_model_option(parser: Parser) -> None:
    """``--model``, as :meth:`ift6266.Inpainter.load` takes it."""
    parser.add_argument('--model', required=True, metavar='NAME|RUN', help=model_help())


def model_help() -> str:
    """What a model may be, for people to read."""
    return f'one that comes with the package ({", ".join(names())}), or a run directory'


def add_backend_option(parser: Parser) -> None:
    """``--backend``, the name of a :class:`ift6266.backends.Backend`."""
    parser.add_argument(
        '--backend',
        type=backend_name,
        choices=BACKENDS,
        default='auto',
        help='what runs the compiled functions',
    )


def run(main: Callable[[], int | None]) -> None:
    """Call ``main``, exit with the status it returns; print foreseen errors in one line.

    Those are of what the user gave, of files, and of an output that is closed or full.
    """
    let_stdout_take_any_name()
    closed = replace_closed_streams()
    logging.basicConfig(format='%(message)s', level=logging.WARNING)
    logger.setLevel(logging.INFO)
    status, error = outcome(main)
    unwritable = [written(sys.stdout), written(sys.stderr)]
    for reason in filter(None, unwritable):
        status, error = status or 1, error or reason
    if error:
        line = in_words(error)
        if 'stderr' in closed or unwritable[1] or written(sys.stderr, line):
            written(sys.stdout, line)
    if isinstance(error, InputError):
        this_process().leave()  # last: it may end the process
    sys.exit(status)


def outcome(main: Callable[[], int | None]) -> tuple[int | None, BaseException | None]:
    """The status that ``main`` ends with, and the foreseen error where it failed."""
    try:
        status = main()
        this_process().leave()
        return status, None
    except SystemExit as end:  # of --help
        return end.code, None
    except OptionError as error:
        return 2, error
    except (InputError, OSError) as error:
        return 1, error
    except KeyboardInterrupt as interrupt:
        return 130, interrupt


def in_words(error: BaseException) -> str:
    """One line on what ended the script."""
    script = Path(sys.argv[0]).name
    if isinstance(error, KeyboardInterrupt):
        return f'{script}: interrupted'
    if isinstance(error, OSError):
        place = f'{error.filename}: ' if error.filename else ''
        return f'{script}: error: {place}{error.strerror or error}'
    return f'{script}: error: {error}'


def replace_closed_streams() -> list[str]:
    """Open others in place of closed standard streams, whose names are returned.

    Else a file that is opened later would get a stream's number, and what libraries print there.
    To print to a closed stdout is an error; what goes to a closed stderr is discarded.  Errors of
    both name the stream.
    """
    flags = {'stdin': os.O_RDONLY, 'stdout': os.O_RDONLY, 'stderr': os.O_WRONLY}
    closed = [name for name in flags if getattr(sys, name) is None]
    for name in closed:
        number = os.open(os.devnull, flags[name])  # the lowest that is free, so this stream's
        setattr(sys, name, open(number, 'r' if name == 'stdin' else 'w', closefd=False))
    for name in ('stdout', 'stderr'):
        stream = getattr(sys, name)
        stream.write, stream.flush = (
            naming(name, method) for method in (stream.write, stream.flush)
        )
    return closed


def naming(name: str, method: Callable) -> Callable:
    """The method of a stream, whose errors have its name as that of the file."""

    def call(*arguments):
        try:
            return method(*arguments)
        except OSError as error:
            error.filename = name
            raise

    return call


def written(stream: TextIO, line: str = '') -> OSError | None:
    """Write a line and all that is in a buffer; the error where that cannot be done.

    Then what is left goes nowhere, for Python tries again at the end.
    """
    try:
        if line:
            stream.write(line + '\n')
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return error


def print_in_one_line(kind: type, error: BaseException, trace: TracebackType | None) -> None:
    """A ``sys.excepthook`` that shows no traceback of what is foreseen."""
    if issubclass(kind, InputError | KeyboardInterrupt):
        print(in_words(error), file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = print_in_one_line  # for what a script imports before its run()
