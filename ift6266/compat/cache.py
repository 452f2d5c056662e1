"""Where Theano keeps the programs that it compiles: a folder to write to and to execute from.

That is ``~/.theano`` unless the user names another.  Where it cannot be used, because ``HOME`` is
absent, read-only, full, mounted ``noexec`` or another user's, another folder takes its place.
"""

import logging
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from ift6266.errors import InputError
from ift6266.files import check_space

# Bytes that must be free, first and later on: the header and the programs take 85 MB; the rest is a
# margin, as for one more program.
SPACE, SPACE_LATER = 2**28, 2**24
NOEXEC = getattr(os, 'ST_NOEXEC', 0)  # of Linux

logger = logging.getLogger(__name__)


def choose_folder(configdefaults: ModuleType) -> None:
    """Before Theano makes its folder, let it be one that can be used; configdefaults.py:1924.

    Raises :class:`InputError` where there is none, or where the one that the user named is not.
    """
    configdefaults.theano.config = configdefaults.config  # as Theano does next
    settings, name = type(configdefaults.config), configdefaults.default_compiledirname()
    if hasattr(settings.compiledir, 'val'):  # the user named the very folder
        require_usable(settings.compiledir.val)
        return
    base = Path(settings.base_compiledir.val)
    if not settings.base_compiledir.is_default:
        require_usable(base / name)
        return
    reason = why_unusable(base / name)
    if reason is None:
        return
    for other in other_folders():
        if is_own(other) and why_unusable(other / name) is None:
            logger.warning('%s: %s, so Theano keeps its programs in %s', base, reason, other)
            settings.base_compiledir.val = str(other)
            return
    raise _unusable(base, reason)


def require_usable(folder: Path | str) -> None:
    """Raise :class:`InputError` where Theano cannot keep its programs in a folder."""
    reason = why_unusable(Path(folder))
    if reason:
        raise _unusable(folder, reason) from None


def _unusable(folder, reason):
    return InputError(
        f'{folder}: {reason}, so Theano cannot keep its programs there; name another folder by '
        'THEANO_FLAGS=base_compiledir=FOLDER'
    )


def other_folders() -> list[Path]:
    """Where else: the user's cache, this environment, the folder of temporary files."""
    folders = [Path(tempfile.gettempdir(), f'theano-{os.getuid()}')]
    if sys.prefix != sys.base_prefix:
        folders.insert(0, Path(sys.prefix, 'theano'))
    if os.environ.get('XDG_CACHE_HOME'):
        folders.insert(0, Path(os.environ['XDG_CACHE_HOME'], 'theano'))
    return folders


def is_own(folder: Path) -> bool:
    """Whether a folder, made where it is missing, is this user's, and nobody else writes to it.

    Theano executes what is in it, and anybody may make a folder beside temporary files.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    return folder.is_dir() and status.st_uid == os.getuid() and not status.st_mode & 0o022


def why_unusable(folder: Path) -> str | None:
    """Why Theano cannot keep its programs in a folder, made where it is missing; None if it can."""
    new = not (folder / 'cutils_ext').is_dir()  # the first program that Theano compiles
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.statvfs(folder).f_flag & NOEXEC:
            return 'nothing in it may be executed (noexec)'
        # Theano stops at a folder of a program that it cannot read.
        if not all(os.access(path, os.R_OK) for path in folder.iterdir()):
            return 'not all in it can be read'
        check_space(folder, SPACE if new else SPACE_LATER)
    except OSError as error:
        return error.strerror


CHANGES = {'theano.configdefaults': [choose_folder]}
