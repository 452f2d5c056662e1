"""Converts any pictures: a folder of them, of folders or of archives; or one zip or tar."""

import hashlib
from argparse import ArgumentParser
from collections.abc import Callable

from ift6266.data.archives import read_files
from ift6266.data.converters.base import add_output_filename, convert_files, printable
from ift6266.data.pictures import Refused


def fill_subparser(subparser: ArgumentParser) -> Callable:
    """Sets up a subparser to convert pictures."""
    add_output_filename(subparser, 'images.hdf5')
    return convert_images


def convert_images(
    directory: str, output_directory: str, output_filename: str = 'images.hdf5'
) -> tuple[str]:
    """Converts all pictures in a folder or an archive.

    Where folders ``train`` and ``valid`` stand side by side, they and their siblings become
    the splits of those names; otherwise a hash of the name puts one picture in ten in
    ``valid``.

    Parameters
    ----------
    directory
        A folder that holds pictures, folders or archives of them; or one archive.
    output_directory, output_filename

    Returns
    -------
    output_paths
        The path of the converted data set, alone.
    """
    files = read_files(directory)
    return convert_files(files, output_directory, output_filename, assign=assign_splits)


def assign_splits(paths: list[str]) -> list[str | Refused]:
    """Splits of pictures by their folders or, if there are no such folders, by their names.

    Pictures beside the folders of the splits are refused.
    """
    folders = [path.split('/')[:-1] for path in paths]
    parents = {
        name: {
            tuple(parts[:depth])
            for parts in folders
            for depth, part in enumerate(parts)
            if part == name
        }
        for name in ('train', 'valid')
    }
    shared = parents['train'] & parents['valid']
    if not shared:
        return _hashed_splits(paths)
    depth = min(map(len, shared))
    outside = Refused('outside the folders of the splits')
    return [parts[depth] if len(parts) > depth else outside for parts in folders]


def _hashed_splits(paths):
    """One in ten in ``valid``, whatever else is there; but at least one picture."""
    names = [printable(path.rpartition('/')[2].rpartition('.')[0]) for path in paths]
    hashes = [int(hashlib.md5(name.encode()).hexdigest(), 16) for name in names]
    least = min(hashes, default=None)
    chosen = {value for value in hashes if value % 10 == 0} or {least}
    return ['valid' if value in chosen else 'train' for value in hashes]
