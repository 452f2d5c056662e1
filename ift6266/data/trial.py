"""A process of its own reads an HDF5 file first, since libhdf5 can crash on a damaged one."""

import errno
import os
import resource
import signal
import sys
import warnings
from contextlib import suppress
from functools import cache

import h5py

from ift6266.errors import InputError

# What opening a file raises where the file system knows no locks, such as some of NFS and Lustre.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
SECONDS = 60  # of a processor: 500 times what 52,000 pictures with captions take
MEMORY = 2**29  # bytes beyond those of this process: a thousand captions are read at a time
_TOO_MUCH = 3  # the status of a process that needed more
_ROWS = 1024  # text read at a time


def open_to_read(path: str) -> h5py.File:
    """Open a file with a lock, or without where the file system has none."""
    try:
        return h5py.File(path, 'r')
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return h5py.File(path, 'r', locking=False)  # nobody there could hold a lock


def require_readable(path: str) -> None:
    """Raise :class:`InputError` where libhdf5 crashes on a file, or reads it without an end.

    Of the same file it asks once.  It took 0.14 s for 52,000 pictures with five captions each.
    """
    if sys.platform == 'linux':  # the libraries of macOS do not bear a fork
        status = os.stat(path)
        _try(path, status.st_ino, status.st_size, status.st_mtime_ns)


@cache
def _try(path, *version):
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # of threads, which the new process does not use
        process = os.fork()
    if process == 0:
        _read_and_end(path)
    _, status = os.waitpid(process, 0)
    if os.WIFSIGNALED(status):
        reason = signal.strsignal(os.WTERMSIG(status))
    elif os.WEXITSTATUS(status) == _TOO_MUCH:
        reason = f'it takes more than {MEMORY >> 20} MB to read'
    else:
        return
    raise InputError(
        f'{path} is damaged, so that libhdf5 fails ({reason}); copy or convert it again'
    )


def _read_and_end(path):
    """In the new process: read a file, whatever errors that raises, and end."""
    status = 0
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)  # what the C library says as it ends
        _limit(resource.RLIMIT_CORE, 0)
        _limit(resource.RLIMIT_CPU, SECONDS)
        for number in signal.SIGSEGV, signal.SIGXCPU:
            signal.signal(number, signal.SIG_DFL)
        with suppress(FileNotFoundError):  # where /proc is not mounted
            _limit(resource.RLIMIT_DATA, _bytes_of_data() + MEMORY)
        read_all(path)
    except OSError as error:
        if _lacks_memory(error):
            status = _TOO_MUCH
    finally:
        os._exit(status)


def _limit(kind, number):
    """Limit a resource of this process to a number, or to less where it may not have as much."""
    _, most = resource.getrlimit(kind)
    number = number if most == resource.RLIM_INFINITY else min(number, most)
    resource.setrlimit(kind, (number, most))


def _bytes_of_data():
    """What this process has of RLIMIT_DATA."""
    with open('/proc/self/statm') as file:
        return int(file.read().split()[5]) * resource.getpagesize()


def _lacks_memory(error):
    """Whether libhdf5 asked for more memory than it may have, as it does for damaged lengths."""
    return isinstance(error, OSError) and 'memory allocation failed' in str(error)


def read_all(path: str) -> None:
    """Read all that a reader of data sets reads: attributes, text, and the ends of arrays."""
    with open_to_read(path) as h5file:
        waiting, seen = [h5file], set()
        while waiting:
            item = waiting.pop()
            _read_attributes(item)
            if isinstance(item, h5py.Dataset):
                _read_array(item)
                continue
            for name in item:
                try:
                    found = item[name]
                    address = h5py.h5o.get_info(found.id).addr
                except Exception as error:
                    _leave(error)
                    continue
                if address not in seen:
                    seen.add(address)
                    waiting.append(found)


def _read_attributes(item):
    for name in item.attrs:
        try:
            item.attrs[name]
        except Exception as error:
            _leave(error)


def _read_array(array):
    try:
        [label.label for label in array.dims]
        if not array.dtype.hasobject:
            array[:1], array[-1:]
        else:
            for start in range(0, len(array), _ROWS):
                array[start : start + _ROWS]
    except Exception as error:
        _leave(error)


def _leave(error):
    """Leave what h5py raises, which may be anything at all, to the readers, but for memory."""
    if _lacks_memory(error):
        raise error
