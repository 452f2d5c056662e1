"""What all scripts share: options, their types, and errors in one line."""

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from ift6266.backends import BACKENDS, backend_name
from ift6266.distributed import this_process
from ift6266.errors import InputError
from ift6266.models import names

logger = logging.getLogger('ift6266')


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the defaults that say something: not those of flags, or of what may be absent."""

    def _get_help_string(self, action):
        return super()._get_help_string(action) if action.default else action.help


class Parser(argparse.ArgumentParser):
    """Shows the defaults in its help, and a wrong option in one line."""

    def __init__(self, description, **kwargs):
        super().__init__(
            description=description, allow_abbrev=False, formatter_class=HelpFormatter, **kwargs
        )

    def error(self, message):
        self.exit(2, f'{self.prog}: error: {message} (see --help)\n')


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
    parser.add_argument('--model', required=True, metavar='NAME|FILE', help=model_help())


def model_help() -> str:
    """What a model may be, for people to read."""
    return f'one that comes with the package ({", ".join(names())}), or the generator.npz of a run'


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
    """Call ``main``, exit with the status it returns; print foreseen errors in one line."""
    logging.basicConfig(format='%(message)s', level=logging.WARNING)
    logger.setLevel(logging.INFO)
    script = Path(sys.argv[0]).name
    try:
        status = main()
        this_process().leave()
        sys.exit(status)
    except InputError as error:
        print(f'{script}: error: {error}', file=sys.stderr)
        this_process().leave()
        sys.exit(1)
    except OSError as error:
        sys.exit(f'{script}: error: {error.filename}: {error.strerror or error}')
    except KeyboardInterrupt:
        print(f'{script}: interrupted', file=sys.stderr)
        sys.exit(130)
