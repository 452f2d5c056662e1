"""A trained network in a file: which table it follows, and all its parameters."""
import numpy as np
from lasagne.layers import get_all_params

from ift6266.arrays import read_arrays, set_values, write_arrays
from ift6266.errors import InputError
from ift6266.networks import BUILDERS, GENERATORS


def save_network(path, network, kind, **companions):
    """Write the parameters of ``network``, running averages included.

    ``kind`` is its key in :data:`ift6266.networks.BUILDERS`; ``companions`` are other arrays
    that its use takes.
    """
    values = {param.name: param.get_value() for param in get_all_params(network)}
    write_arrays(path, {'kind': np.array(kind), **values, **companions})


def load_network(path, kinds=GENERATORS):
    """Build the network that :func:`save_network` wrote, one of ``kinds``.

    Raises :class:`InputError` where the file is absent, cut off, or holds anything else.
    """
    arrays = read_arrays(path)
    kind = str(arrays.get('kind'))
    if kind not in kinds:
        raise InputError('{}: holds {}, not a trained {}'.format(
            path, 'a ' + kind if kind in BUILDERS else 'no network', ' or '.join(kinds)))
    network = BUILDERS[kind]()
    set_values({param.name: param for param in get_all_params(network)}, arrays, path)
    return network
