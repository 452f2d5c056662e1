"""Files of word vectors that gensim saved, read without gensim.

Such a file is a pickle, perhaps compressed, of a ``KeyedVectors`` or of a whole model that has
one.  The vectors are in it or, where they are many, in a ``.npy`` or ``.npz`` file beside it.
Pickles can call anything; here they can only call stand-ins, which keep their arguments.
"""

import errno
import os
import pickle
import re
import tempfile
import zipfile
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

from ift6266.errors import InputError

LARGEST_PICKLE = 2**30  # words alone, 10 million of them, stay far below
# What gensim 4 calls words and vectors, and what earlier versions did
_KEYS = ('index_to_key', 'index2word')
_VECTORS = ('vectors', 'syn0')


class _StandIn:
    """Keeps what a pickle calls a class or a function with, and the state that it then sets."""

    state = None

    def __init__(self, *arguments):
        self.arguments = arguments

    def __setstate__(self, state):
        self.state = state

    def __setitem__(self, key, value):
        """Drops what a pickle puts into a dict of another kind than Python's own."""


def _encode(text, encoding):
    """How Python 3 writes bytes for Python 2."""
    if encoding != 'latin1':
        raise pickle.UnpicklingError(f'it asks for {encoding}')
    return text.encode('latin-1')


# What the pickles of all models ask for. The name of Python's module was another one in Python 2.
_NAMES = re.compile(
    r'(gensim|numpy)(\.\w+)*\.\w+|(builtins|__builtin__)\.(bytes|hash|int|long|object|set)'
    r'|collections\.(Counter|OrderedDict|defaultdict)|copy_?reg\._reconstructor'
)


class _Unpickler(pickle._Unpickler):
    # The unpickler in Python and not the one in C, which a false memo index makes fill the
    # memory; so would the operation that is removed here.
    dispatch = {
        code: method
        for code, method in pickle._Unpickler.dispatch.items()
        if code != pickle.BYTEARRAY8[0]
    }

    def find_class(self, module, name):
        if (module, name) == ('_codecs', 'encode'):
            return _encode
        if not _NAMES.fullmatch(f'{module}.{name}'):
            raise pickle.UnpicklingError(f'it asks for {module}.{name}')
        return _StandIn


class _Limited:
    """A file that ends with an error after so many bytes, for bombs among compressed ones."""

    def __init__(self, file):
        self.file, self.left = file, LARGEST_PICKLE

    def read(self, size):
        return self._count(self.file.read(size))

    def readline(self):
        return self._count(self.file.readline(2**16))

    def _count(self, content):
        self.left -= len(content)
        if self.left < 0:
            raise pickle.UnpicklingError(f'larger than {LARGEST_PICKLE} bytes')
        return content


def is_pickle(head: bytes) -> bool:
    """Whether a file that begins with the bytes ``head`` can be gensim's."""
    return head[:1] == pickle.PROTO


def read_gensim_file(
    path: str, file: BinaryIO, *, words: list[str], width: int
) -> dict[str, np.ndarray]:
    """The vectors, (width,) of floats, of those of the words that a file of gensim's has.

    ``file`` is the content of ``path``, decompressed.

    Raises
    ------
    InputError
        Where it is no such file, is cut off, has vectors of another width, or lacks the file
        beside it.
    """
    state, beside = _load(path, file), path
    if isinstance(state.get('wv'), _StandIn):  # it is a whole model
        state, beside = state['wv'].state, f'{path}.wv'
    keys = isinstance(state, dict) and next((state[key] for key in _KEYS if key in state), None)
    if not isinstance(keys, list):
        raise _foreign(path, 'no list of words is in it')
    wanted = set(words)
    rows = {}
    for row, key in enumerate(keys):
        if isinstance(key, str) and key in wanted:
            rows.setdefault(key, row)
    most = 2**12 + 8 * len(keys) * width
    with _vectors(path, state, beside=beside, most=most) as vectors:
        if vectors.ndim != 2 or len(vectors) != len(keys) or vectors.dtype.kind != 'f':
            raise InputError(
                f'{path}: the vectors of its {len(keys)} words are {vectors.dtype} '
                f'{vectors.shape}; save them again'
            )
        if vectors.shape[1] != width:
            raise InputError(
                f'{path}: has vectors of {vectors.shape[1]} numbers, where {width} are needed'
            )
        return dict(zip(rows, vectors[list(rows.values())]))


def _load(path, file):
    """The state of what a pickle holds, a dict."""
    try:
        saved = _Unpickler(_Limited(file), encoding='latin-1').load()
    except Exception as error:  # a damaged pickle makes the unpickler raise anything at all
        raise _foreign(path, ' '.join(str(error).split()) or type(error).__name__) from None
    if not isinstance(saved, _StandIn) or not isinstance(saved.state, dict):
        raise _foreign(path, 'no KeyedVectors is in it')
    return saved.state


def _foreign(path, reason):
    return InputError(
        f'{path}: no word vectors that gensim saved and that can be read here ({reason}); in '
        'gensim, vectors.save_word2vec_format(FILE) writes what can be, of a whole model '
        'model.wv.save_word2vec_format(FILE)'
    )


@contextmanager
def _vectors(path, state, *, beside, most):
    """The array of vectors, from the pickle or mapped.

    ``beside`` begins the names of its files; unpacked, it has at most ``most`` bytes.
    """
    name = next((name for name in _VECTORS if name in state), None)
    if name:
        try:
            array = _array(state[name])
        except Exception:  # anything can stand where an array should
            raise _foreign(path, 'its vectors are no array of numbers') from None
        yield array
        return
    apart = state.get('__numpys')
    name = next((name for name in _VECTORS if isinstance(apart, list) and name in apart), None)
    if not name:
        raise _foreign(path, 'the vectors of whole words are not in it, as in FastText models')
    files = [f'{beside}.{name}.{suffix}' for suffix in ('npy', 'npz')]
    file = next(filter(os.path.exists, files), None)
    if not file:
        raise InputError(f'{files[0]}: no such file, where {path} needs it beside it')
    with tempfile.TemporaryDirectory() as folder:
        try:
            array = np.lib.format.open_memmap(_unpacked(file, folder, most), 'r')
        except Exception as error:  # a damaged header makes NumPy raise anything at all
            if getattr(error, 'errno', None) == errno.ENOSPC:
                raise InputError(
                    f'{file}: no room in {tempfile.gettempdir()} to unpack it; name another folder '
                    'by TMPDIR'
                ) from None
            reason = ' '.join(str(error).split())
            raise InputError(f'{file}: cut off or damaged ({reason}); get it again') from None
        yield array


def _unpacked(file, folder, most):
    """The path of the array in a file, of at most ``most`` bytes."""
    if file.endswith('.npy'):
        return file
    with zipfile.ZipFile(file) as archive:
        size = archive.getinfo('val.npy').file_size
        if size > most:
            raise ValueError(f'{size} bytes')
        return archive.extract('val.npy', folder)


def _array(saved):
    """The array of floats that a stand-in has kept, from the state of an ndarray."""
    _, shape, kind, column_major, content = saved.state
    letters, byte_order = kind.arguments[0], kind.state[1]
    if letters not in ('f2', 'f4', 'f8') or byte_order not in '<>=':
        raise ValueError(letters)
    if isinstance(content, str):  # Python 2 had no other bytes
        content = content.encode('latin-1')
    array = np.frombuffer(content, np.dtype(byte_order + letters))
    return array.reshape(shape, order='F' if column_major else 'C')
