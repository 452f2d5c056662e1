"""The files of a folder, a zip or a tar, read one after the other without unpacking anything."""

import lzma
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from tqdm import tqdm

from ift6266.data.pictures import MAX_BYTES
from ift6266.errors import InputError

_SUFFIX = re.compile(r'\.(zip|tar|tar\.(gz|bz2|xz)|tgz|tbz2?|txz)$', re.IGNORECASE)


def read_files(path: str) -> Iterator[tuple[str, bytes]]:
    """Read every file of a folder, a zip, or a tar, compressed or not.

    Archives inside a folder are read too, each as if it were a folder of its name without
    the suffix.

    Yields
    ------
    name, content
        The path inside ``path`` with ``/`` between its parts, and at most ``MAX_BYTES`` + 1
        bytes of what the file holds (nothing of what is no regular file).  Folders come in
        alphabetical order, archives in their own.

    Raises
    ------
    InputError
        If an archive is cut off or damaged, or holds absolute paths, ``..`` or links.
    """
    if os.path.isdir(path):
        return _read_folder(path)
    if not os.path.isfile(path):
        raise InputError(f'{path}: there is no such folder or file')
    if _SUFFIX.search(path):
        return _read_archive(path)
    raise InputError(f'{path} is neither a folder nor a zip or tar archive')


def printable(text: str) -> str:
    """The text without control characters and broken Unicode, which HDF5 cannot store."""
    return ''.join(c if c.isprintable() else '\ufffd' for c in text)


def _read_folder(folder):
    for path in tqdm(list(_walk(folder)), desc=folder, unit=' files', disable=None):
        name = os.path.relpath(path, folder).replace(os.sep, '/')
        if not os.path.isfile(path):
            yield name, b''
        elif _SUFFIX.search(name):
            for member, content in _read_archive(path):
                yield f'{_SUFFIX.sub("", name)}/{member}', content
        else:
            with open(path, 'rb') as file:
                yield name, read_bounded(file)


def read_bounded(file: BinaryIO) -> bytes:
    """At most ``MAX_BYTES`` + 1 bytes of an open file."""
    status = os.fstat(file.fileno())
    size = status.st_size if stat.S_ISREG(status.st_mode) else MAX_BYTES
    return file.read(min(size, MAX_BYTES) + 1)  # Python allocates all that is asked for


def _walk(folder):
    def fail(error):
        raise error

    for parent, folders, files in os.walk(folder, onerror=fail):
        folders.sort()
        links = [name for name in folders if os.path.islink(os.path.join(parent, name))]
        yield from (os.path.join(parent, name) for name in sorted(files + links))


def _read_archive(path):
    return _read_zip(path) if path.lower().endswith('.zip') else _read_tar(path)


def _check_member(path, name, is_link):
    """Refuse paths that lead out of the archive, and links, though nothing is unpacked."""
    parts = name.replace('\\', '/').split('/')
    if not parts[0] or re.match('[A-Za-z]:', name) or '..' in parts:
        raise InputError(f'{path} holds a path that leads out of it: {name!r}')
    if is_link:
        raise InputError(f'{path} holds a link or a device: {name!r}; pack the files themselves')


@contextmanager
def open_zip(path: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip and check its members; what is wrong with it raises :class:`InputError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                _check_member(path, member.filename, stat.S_ISLNK(member.external_attr >> 16))
            yield archive
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise InputError(f'{path} is cut off, damaged or encrypted: {error}') from None


def _read_zip(path):
    with open_zip(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in tqdm(members, desc=os.path.basename(path), unit=' files', disable=None):
            with archive.open(member) as file:
                yield member.filename, file.read(MAX_BYTES + 1)


class _Member(tarfile.TarInfo):
    """A tar header that raises ReadError where tarfile takes a damaged one for the end."""

    @classmethod
    def fromtarfile(cls, archive):
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(error) from None


def _read_tar(path):
    progress = {'total': os.path.getsize(path), 'desc': os.path.basename(path), 'disable': None}
    try:
        with (
            open(path, 'rb') as raw,
            tqdm.wrapattr(raw, 'read', **progress) as file,
            tarfile.open(fileobj=file, mode='r|*', tarinfo=_Member) as archive,
        ):
            for member in iter(archive.next, None):
                archive.members.clear()  # tarfile would keep them all
                _check_member(path, member.name, not (member.isreg() or member.isdir()))
                if member.isreg():
                    yield (
                        member.name,
                        archive.extractfile(member).read(min(member.size, MAX_BYTES) + 1),
                    )
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise InputError(f'{path} is cut off or damaged: {error}') from None
