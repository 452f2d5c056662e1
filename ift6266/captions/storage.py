"""Captions and sentence vectors in HDF5 files, and embeddings in those and beside networks."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import scipy.sparse
from fuel.datasets import H5PYDataset
from tqdm import tqdm

from ift6266.arrays import read_arrays
from ift6266.captions.embedding import GROUP, CaptionEmbedding
from ift6266.captions.word_vectors import WIDTH
from ift6266.data.datasets import open_dataset, open_hdf5
from ift6266.errors import InputError
from ift6266.files import check_space, whole_file

SOURCE = 'caption_vector'
AXES = ('batch', 'caption', 'feature')
_BLOCK = 2**14  # vectors computed and written at a time, 20 MB


@dataclass(frozen=True, eq=False)
class Captions:
    """The captions of all pictures of a data set.

    ``lines`` has them picture by picture; ``numbers``, (pictures,) int64, is how many each picture
    has; ``train``, (pictures,) bool, is which pictures are in the split ``train``; ``without`` are
    the names of those that have none.
    """

    lines: list[str]
    numbers: np.ndarray
    train: np.ndarray
    without: list[str]


def read_captions(path: str) -> Captions:
    """Read the captions of a converted HDF5 file.

    An empty line among others is an empty caption.

    Raises
    ------
    InputError
        If it is no HDF5 file of pictures with a split ``train``, or no picture has captions.
    """
    with open_hdf5(path) as h5file:
        source = h5file.get('captions')
        if not (
            isinstance(source, h5py.Dataset)
            and source.ndim == 1
            and h5py.check_string_dtype(source.dtype)
        ):
            raise InputError(
                f'{path} has no captions; data/README.md says which data sets have them'
            )
        open_dataset(path, 'train', ('image', 'captions'))  # raises what is wrong with them
        texts = source.asstr()[:]
        without = _names_without_captions(h5file, texts, path)
        (subset,) = H5PYDataset.get_subsets(h5file, ('train',), ('captions',))
    captions = [text.split('\n') if text else [] for text in texts]
    numbers = np.array([len(lines) for lines in captions])
    train = np.zeros(len(captions), bool)
    train[subset.list_or_slice] = True
    lines = [line for lines in captions for line in lines]
    return Captions(lines, numbers, train=train, without=without)


def add_caption_vectors(
    path: str, captions: Captions, *, counts: scipy.sparse.csr_matrix, embedding: CaptionEmbedding
) -> None:
    """Write sentence vectors and their embedding into a converted HDF5 file.

    The source ``caption_vector`` is float32 (N, K, 300), K being the largest number of
    captions of a picture.  Row k of a picture is the vector of its line k of ``captions``;
    where it has fewer than K, the rows that remain hold the mean of its vectors, so that the
    average over all K is that of its captions.  Without captions, all K rows hold the mean of the
    training captions' vectors.  Every split that has ``captions`` gets the source.  The embedding
    goes into the group ``caption_embedding``.

    What earlier runs wrote is replaced, all else stays.  The file is replaced by a changed
    copy when that is complete; until then, and after any error, it is as it was.

    Parameters
    ----------
    path
    captions
        As :func:`read_captions` gives them.
    counts : (captions, words)
        Of the embedding's vocabulary, as
        :meth:`~ift6266.captions.embedding.WordCounts.of` gives it.
    embedding

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    target = os.path.realpath(path)  # a link stays a link
    arrays = {name: _storable(array) for name, array in embedding.arrays().items()}
    shape = (len(captions.numbers), int(captions.numbers.max()), WIDTH)
    size = (
        os.path.getsize(target)
        + 4 * int(np.prod(shape))
        + 2**20
        + sum(array.nbytes for array in arrays.values())
    )
    try:
        check_space(os.path.dirname(target), size)
        with whole_file(target) as temporary:
            shutil.copyfile(target, temporary)
            _remove_older(temporary)
            with h5py.File(temporary, 'r+', locking=False) as h5file:
                h5file.attrs['split'] = _with_source(h5file.attrs['split'])
                vectors = h5file.create_dataset(SOURCE, shape, 'float32')
                for dimension, label in zip(vectors.dims, AXES):
                    dimension.label = label
                group = h5file.create_group(GROUP)
                for name, array in arrays.items():
                    group.create_dataset(name, array.shape, array.dtype)
                h5file.flush()  # all but the numbers, which then end the file
                for name, array in arrays.items():
                    group[name][()] = array
                _write_vectors(vectors, captions.numbers, counts=counts, embedding=embedding)
    except (OSError, RuntimeError) as error:
        reason = ' '.join(str(getattr(error, 'strerror', None) or error).split())
        raise InputError(f'cannot write {path}, which is as it was: {reason}') from None


def read_embedding(path: str) -> CaptionEmbedding:
    """The embedding in an HDF5 file; :class:`InputError` where there is none, or it is damaged."""
    with open_hdf5(path) as h5file:
        group = h5file.get(GROUP)
        if not isinstance(group, h5py.Group):
            raise InputError(
                f'{path} has no caption vectors; python -m ift6266.captions {path} adds them'
            )
        arrays = {
            name: np.array(array.asstr()[()] if h5py.check_string_dtype(array.dtype) else array[()])
            for name, array in group.items()
            if isinstance(array, h5py.Dataset)
        }
    return CaptionEmbedding.from_arrays(arrays, path)


def read_embedding_of_model(path: str | Path) -> CaptionEmbedding:
    """The embedding beside a trained network in an ``.npz`` file.

    Its arrays have the names that :meth:`CaptionEmbedding.companions` gives them.  Raises
    :class:`InputError` where there is none, or it is damaged.
    """
    prefix = GROUP + '/'
    arrays = {
        name[len(prefix) :]: array
        for name, array in read_arrays(path).items()
        if name.startswith(prefix)
    }
    if not arrays:
        raise InputError(
            f'{path} has no caption embedding; take a model that was trained with captions'
        )
    return CaptionEmbedding.from_arrays(arrays, path)


def _names_without_captions(h5file, texts, path):
    rows = [row for row, text in enumerate(texts) if not text]
    if len(rows) == len(texts):
        raise InputError(f'{path}: none of its {len(texts)} pictures has captions')
    if 'name' not in h5file:
        return [f'number {row}' for row in rows]
    names = h5file['name'].asstr()[:]
    return [names[row] for row in rows]


def _storable(array):
    """The array as HDF5 stores it: text as UTF-8 of fixed length."""
    if array.dtype.kind != 'U':
        return array
    content = str(array).encode('utf-8')
    return np.array(content, h5py.string_dtype('utf-8', len(content)))


def _remove_older(path):
    """Remove what an earlier run wrote.

    It lies at the end of the file, so the file becomes shorter as it is closed.
    """
    with h5py.File(path, 'r+', locking=False) as h5file:
        for name in (SOURCE, GROUP):
            if name in h5file:
                del h5file[name]


def _with_source(rows):
    """Fuel's split attribute with ``caption_vector`` wherever it has ``captions``."""
    width = max(rows.dtype['source'].itemsize, len(SOURCE))
    dtype = np.dtype([
        (field, f'S{width}' if field == 'source' else rows.dtype[field])
        for field in rows.dtype.names
    ])
    added = rows[rows['source'] == b'captions'].astype(dtype)
    added['source'] = SOURCE.encode()
    kept = rows[rows['source'] != SOURCE.encode()].astype(dtype)
    return np.concatenate([kept, added]).astype(dtype)


def _write_vectors(dataset, numbers, *, counts, embedding):
    """Compute and write the rows of all pictures, block by block."""
    width = dataset.shape[1]
    pictures = max(1, _BLOCK // width)
    stops = np.cumsum(numbers)
    for first in tqdm(
        range(0, len(numbers), pictures),
        desc='writing',
        leave=False,
        unit=f' x {pictures} pictures',
        disable=None,
    ):
        block = slice(first, first + pictures)
        lines = slice(stops[first] - numbers[first], stops[block][-1])
        vectors = embedding.vectors(counts[lines])
        means = embedding.means(vectors, numbers[block])
        dataset[block] = _padded(vectors, means, numbers=numbers[block], width=width)


def _padded(vectors, means, *, numbers, width):
    """(pictures, width, 300): each picture's vectors, then their mean."""
    rows = np.repeat(means[:, np.newaxis], width, axis=1)
    rows[np.arange(width) < numbers[:, np.newaxis]] = vectors
    return rows
