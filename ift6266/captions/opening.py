"""Files of word vectors opened to read, compressed or not."""

import bz2
import gzip
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import BinaryIO

from tqdm import tqdm

from ift6266.errors import InputError

_DAMAGE = (
    EOFError,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)


@contextmanager
def open_content(path: str, width: int) -> Iterator[BinaryIO]:
    """Open a file to read, under a progress bar.

    A gzip, bzip2 or xz is decompressed.  Of a zip the only file is read, or the only one whose name
    says that its vectors have ``width`` numbers, as in glove.6B.300d.txt.  Raises
    :class:`InputError` where it is cut off or damaged, in the body of ``with`` too.
    """
    bar = {'total': os.path.getsize(path), 'desc': os.path.basename(path), 'disable': None}
    try:
        with open(path, 'rb') as file:
            head = file.read(6)
            file.seek(0)
            with (
                tqdm.wrapattr(file, 'read', **bar) as counted,
                _decompressed(path, counted, head=head, width=width) as content,
            ):
                yield content
    except (OSError, *_DAMAGE) as error:
        if getattr(error, 'errno', None) is not None:  # nor do decompressors set it
            raise
        raise InputError(f'{path}: cut off or damaged ({error}); get it again') from None


def _decompressed(path, file, *, head, width):
    if head.startswith(b'\x1f\x8b'):
        return gzip.GzipFile(fileobj=file)
    if head.startswith(b'BZh'):
        return bz2.BZ2File(file)
    if head.startswith(b'\xfd7zXZ'):
        return lzma.LZMAFile(file)
    if head.startswith(b'PK\x03\x04'):
        return _only_member(path, zipfile.ZipFile(file), width)
    return nullcontext(file)


def _only_member(path, archive, width):
    names = [member.filename for member in archive.infolist() if not member.is_dir()]
    fitting = [name for name in names if f'{width}d' in name] or names
    if len(fitting) != 1:
        raise InputError(f'{path}: holds {len(names)} files; unpack it and give one of them')
    return archive.open(fitting[0])
