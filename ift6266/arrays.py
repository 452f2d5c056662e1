"""Values of Theano shared variables in ``.npz`` files, by name and without pickles."""
import zipfile

import numpy as np

from ift6266.errors import InputError
from ift6266.files import whole_file


def write_arrays(path, arrays):
    """Write ``arrays``, a dict by name, to an ``.npz`` file that appears whole."""
    with whole_file(path) as temporary:
        np.savez(str(temporary), **arrays)


def read_arrays(path):
    """The arrays of an ``.npz`` file, a dict by name; nothing is unpickled.

    Raises :class:`InputError` where the file is absent, cut off, or no such file.
    """
    try:
        with np.load(str(path), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise InputError('{}: no such file'.format(path)) from None
    except (AttributeError, EOFError, OSError, ValueError, zipfile.BadZipFile) as error:
        raise InputError('{}: not a whole .npz file of plain arrays ({}); copy it again'
                         .format(path, error)) from None


def values_of(variables):
    """The values of shared ``variables`` by their names."""
    return {variable.name: variable.get_value() for variable in variables}


def set_values(variables, arrays, path):
    """Set shared ``variables`` from ``arrays`` by name: all of them, or none.

    Raises :class:`InputError`, naming ``path``, where one is missing or has another shape.
    """
    for variable in variables:
        expected = variable.get_value(borrow=True).shape
        if variable.name not in arrays:
            raise InputError('{}: holds no "{}"; it is of another network or version'
                             .format(path, variable.name))
        if arrays[variable.name].shape != expected:
            raise InputError('{}: "{}" has shape {} where {} is expected; it is of another '
                             'network or version'.format(path, variable.name,
                                                         arrays[variable.name].shape, expected))
    for variable in variables:
        variable.set_value(arrays[variable.name].astype(variable.dtype))
