"""A trained network in a file: which table it follows, and all its parameters."""

import numpy as np
from lasagne.layers import get_all_params

from ift6266.arrays import read_arrays, set_values, write_arrays
from ift6266.errors import InputError
from ift6266.networks import BUILDERS, GENERATORS

REMEDY = 'train it again, or take a model of the package'


def save_network(path, network, kind, **companions):
    """Write the parameters of ``network``, running averages included.

    ``kind`` is its key in :data:`ift6266.networks.BUILDERS`; ``companions`` are other arrays
    that its use takes.
    """
    values = {param.name: param.get_value() for param in get_all_params(network)}
    write_arrays(path, {'kind': np.array(kind), **values, **companions})


def load_network(path, kinds=GENERATORS):
    """Build the network that :func:`save_network` wrote, one of ``kinds``.

    Parameters of half precision are taken as well.  Raises :class:`InputError` where the file is
    absent, cut off, of another version, or holds anything else.
    """
    arrays = read_arrays(path)
    if 'kind' not in arrays:
        raise InputError('{}: holds no network, not a trained {}'.format(path, ' or '.join(kinds)))
    kind = str(arrays['kind'])
    if kind not in BUILDERS:
        raise InputError(
            f'{path}: of another version, whose network {kind!r} is unknown here; {REMEDY}'
        )
    if kind not in kinds:
        raise InputError('{}: holds a {}, not a trained {}'.format(path, kind, ' or '.join(kinds)))
    network = BUILDERS[kind]()
    params = {param.name: param for param in get_all_params(network)}
    surplus = [name for name in arrays if name not in params and not _is_companion(name)]
    if surplus:
        raise InputError(
            f'{path}: of another network or version: "{surplus[0]}" is not in a {kind}; {REMEDY}'
        )
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
    return name == 'kind' or '/' in name
