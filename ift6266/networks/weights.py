"""A trained network in a file: which table it follows, and all its parameters."""

from pathlib import Path

import numpy as np
from lasagne.layers import get_all_params

from ift6266.arrays import read_arrays, set_values, write_arrays
from ift6266.errors import InputError
from ift6266.networks.architecture import Architecture

REMEDY = 'train it again, or take a model of the package'
DESCRIPTION = ('kind', 'parameters')


def save_network(
    path: Path | str,
    network,
    architecture: Architecture,
    *,
    companions: dict[str, np.ndarray] | None = None,
):
    """Write the parameters of ``network``, running averages included.

    ``companions`` are other arrays that its use takes, with a slash in their names.
    """
    values = {param.name: param.get_value() for param in get_all_params(network)}
    write_arrays(path, {**architecture.arrays(), **values, **(companions or {})})


def load_network(path: Path | str, expected: Architecture | None = None):
    """Build the generator that :func:`save_network` wrote, of the ``expected`` architecture.

    Parameters of half precision are taken as well.  Raises :class:`InputError` where the file is
    absent, cut off, of another version, or holds anything else.
    """
    arrays = read_arrays(path)
    try:
        architecture = Architecture.of_arrays(arrays)
        if expected not in (None, architecture):
            raise InputError(f'holds a {architecture}, not a {expected}')
        network = architecture.build()
        params = {param.name: param for param in get_all_params(network)}
        surplus = [name for name in arrays if name not in params and not _is_companion(name)]
        if surplus:
            raise InputError(
                f'of another network or version: "{surplus[0]}" is not in a {architecture}'
            )
    except InputError as problem:
        raise InputError(f'{path}: {problem}; {REMEDY}') from None
    try:
        set_values(params, arrays, path)
    except InputError as problem:
        raise InputError(f'{problem}; {REMEDY}') from None
    return network


def halved(arrays):
    """The arrays of a network's file with the filters in float16, where they are most of it.

    Vectors, as batch normalization has them, stay as they are, and so do companions.
    """
    return {
        name: array.astype(np.float16) if array.ndim == 4 else array
        for name, array in arrays.items()
    }


def _is_companion(name):
    return name in DESCRIPTION or '/' in name
