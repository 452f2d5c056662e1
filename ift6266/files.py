"""Files and folders: read with errors in one line, and written whole or not at all."""

import io
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ift6266.errors import InputError

_asking = threading.Lock()  # for the umask, which can only be asked for by setting it


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Turn the OSError that keeps a file from being read into :class:`InputError`."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f'{path}: no such file') from None
    except OSError as error:
        raise InputError(f'{path}: cannot be read: {error.strerror}') from None


def read_bytes(path: str | Path) -> bytes:
    """The content of a file; :class:`InputError` where it is absent or cannot be read."""
    with reading(path):
        return Path(path).read_bytes()


@contextmanager
def whole_file(path: str | Path) -> Iterator[Path]:
    """Give the path of a new file beside ``path``, which it replaces at the end.

    The name of the new file ends as ``path`` does, for writers that choose a format by it.  If the
    body raises, the new file is removed and what was at ``path`` stays.
    """
    path, temporary = Path(path), None
    try:
        handle, temporary = tempfile.mkstemp(
            dir=path.parent, prefix=f'.{path.stem}-', suffix=path.suffix
        )
        os.close(handle)
        yield Path(temporary)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException as error:
        # Errors of a full disk name no file, and others the new one.  A file's name takes the place
        # of the words of an error without a number, as HDF5 raises.
        if getattr(error, 'errno', None) and (not temporary or error.filename in (None, temporary)):
            error.filename = str(path)
        if temporary:
            os.unlink(temporary)
        raise


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Give the path of a new folder, which becomes ``path`` at the end, with all that is in it.

    What was at ``path`` is then removed.  If the body raises, the new folder is removed and what
    was at ``path`` stays.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f'.{path.name}-') as scratch:
        new, old = Path(scratch, 'new'), Path(scratch, 'old')
        new.mkdir()
        yield new
        try:
            if path.exists():
                path.rename(old)
            new.rename(path)
        except BaseException:
            if old.exists():
                old.rename(path)
            raise


def make_output(folder: Path) -> None:
    """Make the folder of ``--output``, and those above it, where they are missing.

    Raises :class:`InputError` where it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = 'it is a file' if isinstance(error, FileExistsError) else error.strerror
        raise InputError(
            f'{folder}: cannot be made a folder: {reason}; choose another --output'
        ) from None


def check_space(folder: str | Path, size: int) -> None:
    """Raise OSError if ``size`` bytes do not fit on the disk of the folder.

    For writers that a full disk harms: HDF5 can crash the process when it closes a file there.
    """
    with tempfile.TemporaryFile(dir=folder or os.curdir) as file:
        if hasattr(os, 'posix_fallocate'):  # macOS lacks it
            os.posix_fallocate(file.fileno(), 0, size)


def let_stdout_take_any_name() -> None:
    """Print names of files that are not UTF-8 with backslashes, as stderr does."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')


def _umask():
    with _asking:
        mask = os.umask(0)
        os.umask(mask)
        return mask
