"""Files and folders that appear whole or not at all."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path):
    """Give the path of a new file beside ``path``, which it replaces at the end.

    The temporary name ends as ``path`` does, for writers that go by the suffix.  If
    the body raises, the new file is removed and what was at ``path`` stays.
    """
    path = Path(path)
    handle, temporary = tempfile.mkstemp(
        dir=str(path.parent), prefix='.' + path.stem + '-', suffix=path.suffix
    )
    os.close(handle)
    try:
        yield Path(temporary)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, str(path))
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError) and not error.filename:
            error.filename = str(path)  # a full disk is told without a name
        raise


@contextmanager
def whole_folder(path):
    """Give the path of a new folder, which becomes ``path`` at the end, with all that is in it.

    What was at ``path`` is then removed.  If the body raises, the new folder is removed and what
    was at ``path`` stays.
    """
    path = Path(path)
    with tempfile.TemporaryDirectory(dir=str(path.parent), prefix='.' + path.name + '-') as scratch:
        new, old = Path(scratch, 'new'), Path(scratch, 'old')
        new.mkdir()
        yield new
        replaces = path.exists()
        try:
            if replaces:
                os.rename(str(path), str(old))
            os.rename(str(new), str(path))
        except BaseException:
            if old.exists():
                os.rename(str(old), str(path))
            raise


def try_space(folder, size):
    """Raise OSError if ``size`` bytes do not fit in the folder.

    For writers that do not survive a full disk: HDF5 can crash the process when the disk is
    full as it closes a file.
    """
    with tempfile.TemporaryFile(dir=folder or os.curdir) as file:
        if hasattr(os, 'posix_fallocate'):  # macOS lacks it
            os.posix_fallocate(file.fileno(), 0, size)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
