"""HDF5 files of pictures found by name, checked, and opened as Fuel data sets."""

import errno
import os
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import fuel
import h5py
import numpy
from fuel.datasets import H5PYDataset, IndexableDataset
from fuel.exceptions import ConfigurationError

from ift6266.data.converters.photos import convert_photos
from ift6266.digests import digest
from ift6266.errors import InputError
from ift6266.holes import SIZE

PROJECT = Path(__file__).resolve().parents[2]
# What opening a file raises where the file system knows no locks, such as some of NFS and Lustre.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
# What h5py says where it gives no errno, and what it means.
_REASONS = {
    'signature not found': 'is not an HDF5 file',
    'truncated file': 'is cut off, as a copy is that has not ended; copy or convert it again',
    'already open for': 'was left open by a program that stopped while writing; convert it again',
    'superblock version': 'is damaged, or of a newer version of HDF5 than the one installed here',
    'memory allocation': 'cannot be read: memory is too little',
    "Can't allocate": 'cannot be read: memory is too little',
}
# The project's own folder of data sets; None where the package is installed without its project.
FOLDER = str(PROJECT / 'data') if (PROJECT / 'data' / 'README.md').is_file() else None


def find_dataset(name: str) -> str:
    """The path of a data set.

    ``name`` is the path of an HDF5 file, or the name of one without its suffix, which is searched
    in :func:`folders`.  ``'photos'`` is converted when first asked for.  Raises
    :class:`InputError` if there is no such file, or photos cannot be written.
    """
    if name.endswith('.hdf5') or os.sep in name:
        if os.path.isfile(name):
            return name
        raise InputError(f'{name}: there is no such file')
    for folder in folders():
        path = os.path.join(folder, name + '.hdf5')
        if os.path.isfile(path):
            return path
    if name == 'photos':
        (path,) = convert_photos(None, folder_to_write())
        return path
    raise InputError(
        f'no data set {name!r}: there is no {name}.hdf5 in {" or ".join(folders())}; '
        'data/README.md says how to convert pictures'
    )


def folders() -> list[str]:
    """Where data sets are searched: Fuel's data path, the project's folder, the user's folder."""
    try:
        searched = [os.path.expanduser(folder) for folder in fuel.config.data_path if folder]
    except ConfigurationError:
        searched = []
    if FOLDER:
        searched.append(FOLDER)
    home = os.environ.get('XDG_DATA_HOME') or os.path.expanduser('~/.local/share')
    return searched + [os.path.join(home, 'ift6266')]


def folder_to_write() -> str:
    """The project's folder, or the first other one that can be written to.

    The user's folder, the last of them, is made where it is missing.
    """
    *others, users = folders()
    for folder in [FOLDER, *others]:
        if folder and os.access(folder, os.W_OK | os.X_OK):
            return folder
    try:
        os.makedirs(users, exist_ok=True)
    except OSError as error:
        raise InputError(
            f'{users}: cannot be made for data sets: {error.strerror}; name another folder by '
            'FUEL_DATA_PATH'
        ) from None
    return users


@contextmanager
def open_hdf5(path: str) -> Iterator[h5py.File]:
    """Open an HDF5 file to read; what is wrong with it raises :class:`InputError`."""
    try:
        with _opened(path) as h5file:
            yield h5file
    except (KeyError, OSError, RuntimeError, ValueError) as error:  # h5py raises any of them
        raise InputError(f'{path} {_reason(error)}') from None


def _opened(path):
    try:
        return h5py.File(path, 'r')
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return h5py.File(path, 'r', locking=False)  # nobody there could hold a lock


def _reason(error):
    """What an error of h5py's says of a file that is opened to read."""
    number = getattr(error, 'errno', None)
    if number in (errno.EAGAIN, errno.EACCES) and 'unable to lock' in str(error):
        return 'is open for writing in another process, such as a notebook; close it there'
    if number:
        return f'cannot be read: {os.strerror(number)}'
    reason = ' '.join(str(error).split())
    for words, meaning in _REASONS.items():
        if words in reason:
            return meaning
    return f'is damaged; convert it again: {reason}'


def open_dataset(
    name: str, split: str, sources: tuple[str, ...] = ('image',), *, limit: int | None = None
) -> 'HDF5Split':
    """Open one split of a data set after checking its schema.

    Parameters
    ----------
    name
        As :func:`find_dataset` takes it.
    split
        Such as ``'train'`` or ``'valid'``, or a slice of one, by the rules of Python:
        ``'train[-2000:]'`` is the last 2,000 examples.
    sources
        Of ``image``, ``name``, ``captions`` and whatever else the file has.
    limit
        Use only the first ``limit`` examples.

    Raises
    ------
    InputError
        If it is no HDF5 file, or one without the split, without the sources, with pictures of
        another shape or type, or with none.
    """
    if limit is not None and limit < 1:
        raise InputError(f'limit must be 1 or more, not {limit}')
    path = find_dataset(name)
    with open_hdf5(path) as h5file:
        whole, chosen = parse_split(split)
        subsets = _checked_subsets(h5file, path, split=whole, sources=sources)
        number = subsets[0].num_examples
        examples = range(number)[chosen][:limit]
        if not examples:
            raise InputError(
                f'{path}: there is nothing in {split}, since {whole} has {number} examples'
            )
        examples = slice(examples.start, examples.stop)
        arrays = OrderedDict(
            (source, _rows(path, h5file[source], subset=subset, examples=examples))
            for source, subset in zip(sources, subsets)
        )
        return HDF5Split(path, split, arrays)


def parse_split(split: str) -> tuple[str, slice]:
    """The name of a split, and the slice of it that is meant."""
    match = re.fullmatch(r'(.+)\[(-?\d*):(-?\d*)\]', split)
    if not match:
        return split, slice(None)
    ends = [int(end) if end.lstrip('-') else None for end in match.groups()[1:]]
    return match.group(1), slice(*ends)


class HDF5Split(IndexableDataset):
    """The sources of one split; numerical ones are mapped into memory.

    Fuel's ``H5PYDataset`` asks h5py for the rows of a minibatch, which takes ten times longer
    where they are scattered.  Mapped rows lie in the operating system's cache and not in the
    memory of the process, whatever the size of the file.
    """

    def __init__(self, path: str, split: str, arrays: Mapping[str, numpy.ndarray]):
        super().__init__(arrays)
        self.path, self.split = path, split

    def digests(self) -> dict[str, str]:
        """The digest of the examples by source, the same for the same examples in any file.

        It reads all bytes, which takes a second for 50,000 pictures.
        """
        return {
            source: digest([b'\n'.join(array) if array.dtype.hasobject else array])
            for source, array in zip(self.sources, self.indexables)
        }

    def names(self) -> list[str]:
        """Names of the pictures."""
        return [name.decode('utf-8') for name in self._other_source('name')]

    def caption_lists(self) -> list[list[str]]:
        """The captions of each picture, perhaps none."""
        with open_hdf5(self.path) as h5file:
            whole, _ = parse_split(self.split)
            if 'captions' not in H5PYDataset.get_provided_sources(h5file, whole):
                return [[] for _ in range(self.num_examples)]
        texts = (text.decode('utf-8') for text in self._other_source('captions'))
        return [text.split('\n') if text else [] for text in texts]

    def _other_source(self, source):
        (array,) = open_dataset(
            self.path, self.split, (source,), limit=self.num_examples
        ).indexables
        return array


def _rows(path, source, *, subset, examples):
    """The examples of an h5py data set, mapped if they are contiguous in the file."""
    offset = source.id.get_offset()
    if offset is None or subset.is_list or source.dtype.hasobject:
        return subset.index_within_subset(source, examples)
    mapped = numpy.memmap(path, source.dtype, 'r', offset, source.shape)
    return numpy.asarray(mapped)[subset[examples]]


def _checked_subsets(h5file, path, *, split, sources):
    """The rows of each source, :class:`fuel.utils.Subset`, in a file that passes all checks."""
    image = h5file.get('image')
    if not isinstance(image, h5py.Dataset) or 'split' not in h5file.attrs:
        raise InputError(
            f'{path} has no source "image" with splits; convert pictures by '
            'python -m ift6266.data convert'
        )
    if image.shape[1:] != (3, SIZE, SIZE) or image.dtype != 'uint8':
        raise InputError(
            f'{path}: images must be uint8 (N, 3, {SIZE}, {SIZE}), not {image.dtype} {image.shape}'
        )
    try:
        splits = sorted(H5PYDataset.get_all_splits(h5file))
        if split not in splits:
            raise InputError(f'{path} has no split {split!r}, only {", ".join(splits)}')
        missing = set(sources) - set(H5PYDataset.get_provided_sources(h5file, split))
        if missing:
            names = ' and '.join(map(repr, sorted(missing)))
            raise InputError(
                f'{path} has no source {names} in its split {split!r}{_remedy(missing)}'
            )
        subsets = H5PYDataset.get_subsets(h5file, (split,), sources)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(f'{path}: its splits are not as Fuel writes them: {error}') from None
    if len({subset.num_examples for subset in subsets}) > 1 or not subsets[0].num_examples:
        raise InputError(f'{path}: its split {split!r} is empty')
    if 'caption_vector' in sources:
        vectors = h5file['caption_vector']
        if vectors.ndim != 3 or vectors.shape[2] != 300 or vectors.dtype != 'float32':
            raise InputError(
                f'{path}: caption vectors must be float32 (N, K, 300), not {vectors.dtype} '
                f'{vectors.shape}; python -m ift6266.captions makes them anew'
            )
    return subsets


def _remedy(missing):
    """What to do about missing sources, where something can be done."""
    if 'captions' in missing:
        return ': it has no captions; data/README.md says which data sets have them'
    if 'caption_vector' in missing:
        return '; add it by python -m ift6266.captions'
    return ''
