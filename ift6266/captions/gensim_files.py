"""Files of word vectors that gensim's ``KeyedVectors.save`` wrote, read without gensim.

Such a file is a pickle, with the vectors in it, or, where they are many, in a ``.npy`` file
beside it.  Pickles can call anything; here they can only call stand-ins, which keep their
arguments.
"""

import os
import pickle

import numpy as np
from tqdm import tqdm

from ift6266.errors import InputError

LARGEST_PICKLE = 2**30  # words alone, 10 million of them, stay far below


class _StandIn:
    """Keeps what a pickle calls a class with, and the state that it then sets."""

    state = None

    def __init__(self, *arguments):
        self.arguments = arguments

    def __setstate__(self, state):
        self.state = state


class _KeyedVectors(_StandIn):
    pass


_STAND_INS = {
    'gensim.models.keyedvectors.KeyedVectors': _KeyedVectors,
    'numpy.ndarray': _StandIn,
    'numpy.dtype': _StandIn,
    'numpy.core.multiarray._reconstruct': _StandIn,
    'numpy._core.multiarray._reconstruct': _StandIn,  # NumPy 2's name of it
}


class _Unpickler(pickle._Unpickler):
    # The unpickler in Python and not the one in C, which a false memo index makes fill the
    # memory; so would the operation that is removed here.
    dispatch = {
        code: method
        for code, method in pickle._Unpickler.dispatch.items()
        if code != pickle.BYTEARRAY8[0]
    }

    def find_class(self, module, name):
        try:
            return _STAND_INS[f'{module}.{name}']
        except KeyError:
            raise pickle.UnpicklingError(f'it asks for {module}.{name}') from None


def is_pickle(head: bytes) -> bool:
    """Whether a file that begins with the bytes ``head`` can be gensim's."""
    return head[:1] == pickle.PROTO


def read_gensim_file(path: str, words: list[str], width: int) -> dict[str, np.ndarray]:
    """The vectors, (width,) of floats, of those of the words that a file of gensim's has.

    Raises
    ------
    InputError
        Where it is no such file, is cut off, has vectors of another width, or lacks the file
        beside it.
    """
    state = _load(path)
    keys = state.get('index_to_key')
    if not isinstance(keys, list):
        raise _foreign(path, 'no index_to_key is in it')
    vectors = _vectors(path, state)
    if vectors.ndim != 2 or len(vectors) != len(keys) or vectors.dtype.kind != 'f':
        raise InputError(
            f'{path}: the vectors of its {len(keys)} words are {vectors.dtype} {vectors.shape}; '
            'save them again'
        )
    if vectors.shape[1] != width:
        raise InputError(
            f'{path}: has vectors of {vectors.shape[1]} numbers, where {width} are needed'
        )
    wanted = set(words)
    rows = {}
    for row, key in enumerate(keys):
        if isinstance(key, str) and key in wanted:
            rows.setdefault(key, row)
    return dict(zip(rows, vectors[list(rows.values())]))


def _load(path):
    """The state of the KeyedVectors in a pickle, a dict."""
    size = os.path.getsize(path)
    if size > LARGEST_PICKLE:
        raise _foreign(path, f'larger than {LARGEST_PICKLE} bytes')
    try:
        with (
            open(path, 'rb') as file,
            tqdm.wrapattr(
                file, 'read', total=size, desc=os.path.basename(path), disable=None
            ) as bytes_read,
        ):
            saved = _Unpickler(bytes_read).load()
    except Exception as error:  # a damaged pickle makes the unpickler raise anything at all
        raise _foreign(path, ' '.join(str(error).split()) or type(error).__name__) from None
    if not isinstance(saved, _KeyedVectors) or not isinstance(saved.state, dict):
        raise _foreign(path, 'no KeyedVectors is in it')
    return saved.state


def _foreign(path, reason):
    return InputError(
        f"{path}: not word vectors as gensim's KeyedVectors.save(path) writes them, or "
        f'damaged ({reason}); save them so, those of a whole model by model.wv.save(path)'
    )


def _vectors(path, state):
    """The array of vectors, from the pickle or memory-mapped."""
    if 'vectors' in state:
        try:
            return _array(state['vectors'])
        except Exception:  # anything can stand where an array should
            raise _foreign(path, 'its vectors are no array of numbers') from None
    beside = f'{path}.vectors.npy'
    try:
        return np.lib.format.open_memmap(beside, 'r')
    except FileNotFoundError:
        raise InputError(f'{beside}: no such file, where {path} needs it beside it') from None
    except Exception as error:  # a damaged header makes NumPy raise anything at all
        reason = ' '.join(str(error).split())
        raise InputError(f'{beside}: cut off or damaged ({reason}); get it again') from None


def _array(saved):
    """The array of floats that a stand-in has kept, from the state of an ndarray."""
    _, shape, kind, column_major, content = saved.state
    letters, byte_order = kind.arguments[0], kind.state[1]
    if letters not in ('f2', 'f4', 'f8') or byte_order not in '<>=':
        raise ValueError(letters)
    array = np.frombuffer(content, np.dtype(byte_order + letters))
    return array.reshape(shape, order='F' if column_major else 'C')
