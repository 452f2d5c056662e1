"""Arrays by name, in ``.npz`` files without pickles and in Theano's shared variables."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ift6266.errors import InputError
from ift6266.files import read_bytes, whole_file


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays to an ``.npz`` file, whole or not at all."""
    content = io.BytesIO()  # on a full disk zipfile raises again when it is garbage-collected
    np.savez(content, **arrays)
    with whole_file(path) as temporary:
        temporary.write_bytes(content.getvalue())


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz`` file; nothing is unpickled.

    Raises :class:`InputError` where the file is absent, cut off, or no such file.
    """
    return parse_arrays(read_bytes(path), path)


def parse_arrays(content: bytes, path: str | Path) -> dict[str, np.ndarray]:
    """As :func:`read_arrays`, from the bytes of the file; errors name ``path``."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except MemoryError:
        raise InputError(f'{path}: is damaged, or takes more memory than there is') from None
    except Exception as error:  # damaged headers make NumPy raise anything at all
        raise InputError(
            f'{path}: not a whole .npz file of plain arrays ({_one_line(error)}); copy it again'
        ) from None
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):
        raise InputError(f'{path}: holds more than arrays; copy it again')
    return arrays


def set_values(variables: Mapping, arrays: Mapping[str, np.ndarray], path: str | Path) -> None:
    """Set shared ``variables`` from the arrays of their names: all of them, or none.

    Raises :class:`InputError`, which names ``path``, where an array is missing, has another shape,
    or holds values that are not finite numbers.
    """
    for name, variable in variables.items():
        expected = variable.get_value(borrow=True).shape
        found = arrays[name].shape if name in arrays else 'missing'
        if found != expected:
            raise InputError(
                f'{path}: of another network or version: "{name}" is {found}, where {expected} '
                'is expected'
            )
        if arrays[name].dtype.kind not in 'fiu' or not np.isfinite(arrays[name]).all():
            raise InputError(f'{path}: "{name}" holds what is not a finite number')
    for name, variable in variables.items():
        variable.set_value(arrays[name].astype(variable.dtype))


def _one_line(error):
    return ' '.join(str(error).split()) or type(error).__name__
