"""Who writes to a folder: one process at a time, from when it takes the folder until it ends."""

import atexit
import fcntl
import logging
import os
import socket
import time
from pathlib import Path

from ift6266.errors import InputError

logger = logging.getLogger(__name__)


class Ownership:
    """The right to write to ``folder``.

    It is a lock on a file in the folder, which says who has it.  The system gives the lock up
    when the process ends, however that comes, so a file that is left means nothing; and children
    that the process forks do not have it.
    """

    def __init__(self, folder: Path):
        self.folder, self.path = folder, folder / '.lock'
        self.file = None

    def take(self) -> None:
        """Own the folder until the process ends; :class:`InputError` where another does."""
        self.file = self._locked_file()
        os.register_at_fork(after_in_child=self.file.close)
        atexit.register(self.release)
        self.file.truncate(0)
        self.file.write(
            f'process {os.getpid()} on {socket.gethostname()} '
            f'since {time.strftime("%Y-%m-%d %H:%M:%S")}'
        )
        self.file.flush()

    def release(self) -> None:
        """Give the folder up, and leave nothing in it; does nothing where it is not owned."""
        if self.file and not self.file.closed:
            self.path.unlink(missing_ok=True)
            self.file.close()

    def _locked_file(self):
        while True:
            file = self.path.open('a+')
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise InputError(
                    f'{self.folder}: {file.read() or "another process"} writes to '
                    'it; stop that, wait for its end, or choose another '
                    '--output'
                ) from None
            except OSError as error:
                logger.warning(
                    '%s: cannot be locked there (%s): see to it yourself that no other '
                    'run writes to it',
                    self.folder,
                    error.strerror,
                )
                return file
            if _is_at(self.path, file):
                return file
            file.close()  # of an owner that has just removed it


def _is_at(path, file):
    """Whether the open file is the one that is at ``path``."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
