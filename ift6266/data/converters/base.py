"""What the converters share: the one HDF5 schema and how a file of it comes into being."""

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

import numpy

from ift6266.data.archives import printable
from ift6266.data.pictures import BOOKKEEPING, Picture, Refused, decode_in_order
from ift6266.errors import InputError
from ift6266.files import check_space, whole_file
from ift6266.holes import SIZE

Assign = Callable[[list[str]], list[str | Refused]]
Captions = Callable[[str], Iterable[str] | None]

IMAGE_SHAPE = (3, SIZE, SIZE)
AXES = ('batch', 'channel', 'height', 'width')
_ROW_BYTES = int(numpy.prod(IMAGE_SHAPE))
_BLOCK = 1024  # rows copied at a time, 12 MB


def add_output_filename(subparser: argparse.ArgumentParser, default: str) -> None:
    """Declare the option that all converters have, the name of the HDF5 file."""
    subparser.add_argument(
        '--output-filename',
        default=default,
        metavar='NAME.hdf5',
        help='name of the saved file (default: %(default)s)',
    )


def first_folders(paths: list[str]) -> list[str]:
    """The first folder of each path."""
    return [path.partition('/')[0] for path in paths]


def convert_files(
    files: Iterable[tuple[str, bytes]],
    output_directory: str,
    output_filename: str,
    *,
    assign: Assign = first_folders,
    captions: Captions | None = None,
) -> tuple[str]:
    """Decode picture files, given as paths and contents, and save them by :func:`save_pictures`."""
    with warnings.catch_warnings():
        # Pillow warns of oddities without naming the file; the report names every odd file.
        warnings.filterwarnings('ignore', module='PIL')
        return save_pictures(
            decode_in_order(files),
            output_directory,
            output_filename,
            assign=assign,
            captions=captions,
        )


def save_pictures(
    pictures: Iterable[tuple[str, Picture | Refused]],
    output_directory: str,
    output_filename: str,
    *,
    assign: Assign = first_folders,
    captions: Captions | None = None,
) -> tuple[str]:
    """Save pictures as an HDF5 file for Fuel and report on stderr what became of them.

    The sources are ``image``, uint8 (N, 3, 64, 64); ``name``, UTF-8 text (N,), the stem of
    the path; and with captions ``captions``, UTF-8 text (N,), one caption a line.  Each split
    is a range of rows.  A further array of text, ``remarks``, names every file that was
    refused or that needed more than scaling.  The file appears when it is complete; until
    then, what had its name stays.

    Parameters
    ----------
    pictures
        Paths, with ``/`` between their parts, and what became of them.
    output_directory, output_filename
    assign
        From the paths of all good pictures to their splits; a ``Refused`` refuses one.
    captions
        From a path to the captions of that picture, if there are any.  Called after the last
        picture has come.

    Returns
    -------
    output_paths
        The path of the file, alone, as Fuel wants it.

    Raises
    ------
    InputError
        If there is no good picture, or the file cannot be written.
    """
    output_path = os.path.join(output_directory, output_filename)
    folder = os.path.dirname(output_path) or os.curdir
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f'{folder} is no folder that can be written to')
    try:
        with tempfile.TemporaryFile(dir=folder) as spool:
            paths, remarks = _spool(pictures, spool)
            splits = _rows_of_splits(paths, assign, remarks)
            if not splits:
                reasons = '; '.join(_summary(remarks)) or 'there is no file at all'
                raise InputError(f'no usable picture found: {reasons}')
            _write(
                output_path, spool, paths=paths, splits=splits, captions=captions, remarks=remarks
            )
    except OSError as error:
        if error.filename:  # it is about a file that was read
            raise
        raise InputError(f'cannot write {output_path}: {error.strerror or error}') from None
    counts = ', '.join(f'{split} {len(rows)}' for split, rows in splits.items())
    print(
        f'{output_path}: {sum(map(len, splits.values()))} pictures ({counts})',
        *_missing(splits),
        *_summary(remarks),
        sep='\n  ',
        file=sys.stderr,
    )
    return (output_path,)


def _missing(splits):
    """A line where a split is missing that training needs."""
    missing = [split for split in ('train', 'valid') if split not in splits]
    if missing:
        yield f'warning: no picture is in {" or ".join(missing)}, and training needs both splits'


def _one_line(caption):
    return printable(' '.join(caption.replace('\ufeff', '').split()))


def _spool(pictures, spool):
    """Append the pixels of good pictures to a file; their paths, and remarks on odd ones.

    How many pictures each split gets is known only after the last one.
    """
    paths, remarks = [], []
    for path, outcome in pictures:
        if isinstance(outcome, Refused):
            remarks.append((f'refused: {outcome}', path))
            continue
        spool.write(outcome.pixels)
        paths.append(path)
        if outcome.remark:
            remarks.append((outcome.remark, path))
    return paths, remarks


def _rows_of_splits(paths, assign, remarks):
    """Rows of the spool by split: ``train``, ``valid``, then others in alphabetical order."""
    rows = {}
    for row, (path, split) in enumerate(zip(paths, assign(paths))):
        if isinstance(split, Refused):
            remarks.append((f'refused: {split}', path))
        else:
            rows.setdefault(printable(split), []).append(row)
    return dict(
        sorted(rows.items(), key=lambda item: (item[0] != 'train', item[0] != 'valid', item[0]))
    )


def _write(output_path, spool, *, paths, splits, captions, remarks):
    # The layout of Fuel's fill_hdf5_file, which would hold all pictures in memory twice.
    import h5py  # with Fuel, below, it takes 1.3 s to import; --help needs neither

    order = [row for rows in splits.values() for row in rows]
    text = {'name': [printable(PurePosixPath(paths[row]).stem) for row in order]}
    if captions is not None:
        text['captions'] = ['\n'.join(map(_one_line, captions(paths[row]) or ())) for row in order]
    sources = ['image', *text]
    text['remarks'] = [f'{printable(path)}: {remark}' for remark, path in remarks]
    check_space(
        os.path.dirname(output_path),
        len(order) * _ROW_BYTES
        + 2**20
        + sum(len(line.encode()) + 64 for lines in text.values() for line in lines),
    )

    # Nobody else has this file, and some file systems have no locks.
    with (
        whole_file(output_path) as temporary,
        h5py.File(temporary, 'w', locking=False) as h5file,
    ):
        image = h5file.create_dataset('image', (len(order), *IMAGE_SHAPE), 'uint8')
        for start in range(0, len(order), _BLOCK):
            rows = order[start : start + _BLOCK]
            image[start : start + len(rows)] = _read_rows(spool, rows)
        for name, lines in text.items():
            h5file.create_dataset(name, (len(lines),), h5py.string_dtype(), data=lines)
        for source in sources:
            for dimension, label in zip(h5file[source].dims, AXES):
                dimension.label = label
        h5file.attrs['split'] = _split_array(splits, sources)


def _split_array(splits, sources):
    from fuel.datasets import H5PYDataset

    stops = numpy.cumsum([len(rows) for rows in splits.values()])
    ranges = {  # in ASCII, since Fuel measures names in characters and stores bytes
        split.encode('ascii', 'backslashreplace').decode(): {
            source: (stop - len(rows), stop) for source in sources
        }
        for (split, rows), stop in zip(splits.items(), stops)
    }
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # Fuel's way to declare the array is older than NumPy's
        return H5PYDataset.create_split_array(ranges)


def _read_rows(spool, rows):
    pixels = numpy.empty((len(rows), _ROW_BYTES), 'uint8')
    for row, destination in zip(rows, pixels):
        spool.seek(row * _ROW_BYTES)
        spool.readinto(destination)
    return pixels.reshape(-1, *IMAGE_SHAPE)


def _summary(remarks, shown=5):
    """One line for each kind of remark: how many files, and the first names."""
    kinds = {}
    for kind, path in remarks:
        kinds.setdefault(kind, []).append(printable(path))
    bookkeeping = kinds.pop(f'refused: {BOOKKEEPING}', None)
    for kind, paths in kinds.items():
        more = ', ... (all in the array "remarks")' if len(paths) > shown else ''
        yield f'{kind} ({len(paths)}): {", ".join(paths[:shown])}{more}'
    if bookkeeping:
        yield f'passed over: {BOOKKEEPING} ({len(bookkeeping)})'
