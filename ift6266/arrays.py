"""Values of Theano shared variables in ``.npz`` files, by name, without pickles."""

import hashlib
import io
import zipfile
import zlib
from pathlib import Path

import numpy as np

from ift6266.errors import InputError
from ift6266.files import whole_file


def write_arrays(path, arrays):
    """Write ``arrays``, a dict by name, to an ``.npz`` file that appears whole."""
    content = io.BytesIO()  # zipfile, handed a file on a full disk, complains once more as it dies
    np.savez(content, **arrays)
    with whole_file(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def read_arrays(path):
    """The arrays of an ``.npz`` file, a dict by name; nothing is unpickled.

    Raises :class:`InputError` where the file is absent, cut off, or no such file.
    """
    return parse_arrays(read_content(path), path)


def read_content(path):
    """The bytes of a file; :class:`InputError` where it is absent or cannot be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f'{path}: no such file') from None
    except OSError as error:
        raise InputError(f'{path}: cannot be read: {error.strerror}') from None


def parse_arrays(content, path):
    """The arrays in the bytes of an ``.npz`` file that was at ``path``; see :func:`read_arrays`."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (
        AttributeError,
        EOFError,
        OSError,
        RuntimeError,
        TypeError,
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise InputError(
            f'{path}: not a whole .npz file of plain arrays ({error}); copy it again'
        ) from None


def digest(contents):
    """A short text that is another for other ``contents``, an iterable of arrays and bytes."""
    hashed = hashlib.blake2b(digest_size=8)
    for content in contents:
        hashed.update(np.ascontiguousarray(content) if isinstance(content, np.ndarray) else content)
    return hashed.hexdigest()


def set_values(variables, arrays, path):
    """Set shared ``variables``, a dict by name, from ``arrays``: all of them, or none.

    Raises :class:`InputError`, naming ``path``, where one is missing, has another shape,
    or holds values that are not finite numbers.
    """
    for name, variable in variables.items():
        expected = variable.get_value(borrow=True).shape
        found = arrays[name].shape if name in arrays else None
        if found != expected:
            raise InputError(
                '{}: of another network or version: "{}" is {}, where {} is expected'.format(
                    path, name, 'missing' if found is None else found, expected
                )
            )
        if arrays[name].dtype.kind not in 'fiu' or not np.isfinite(arrays[name]).all():
            raise InputError(f'{path}: "{name}" holds what is not a finite number')
    for name, variable in variables.items():
        variable.set_value(arrays[name].astype(variable.dtype))
