"""Converts the official MSCOCO 2014 downloads with their captions."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import PurePosixPath

from ift6266.data.archives import open_zip, read_files
from ift6266.data.converters.base import add_output_filename, convert_files
from ift6266.errors import InputError

SPLITS = {'train': 'train', 'val': 'valid'}  # MSCOCO's names of them, and ours
YEARS = ('2014', '2017')


def fill_subparser(subparser: ArgumentParser) -> Callable:
    """Sets up a subparser to convert the MSCOCO files."""
    add_output_filename(subparser, 'mscoco.hdf5')
    return convert_mscoco


def convert_mscoco(
    directory: str, output_directory: str, output_filename: str = 'mscoco.hdf5'
) -> tuple[str]:
    """Converts the official MSCOCO 2014 files, or those of 2017 where they are there alone.

    The splits are ``train`` (train2014) and ``valid`` (val2014).

    Parameters
    ----------
    directory
        The folder of `train2014.zip`, `val2014.zip` and `annotations_trainval2014.zip`, or of the
        folders that they unpack to, `train2014`, `val2014` and `annotations`.
    output_directory, output_filename

    Returns
    -------
    output_paths
        The path of the converted data set, alone.
    """
    year = next((year for year in YEARS if not any(_missing(directory, year))), YEARS[0])
    missing = list(_missing(directory, year))
    if missing:
        raise InputError(
            f'{directory} lacks {", ".join(missing)}, and the folders that they unpack to; get it '
            f'by: python -m ift6266.data download mscoco -d {directory}'
        )
    captions = read_captions(_find(directory, *_annotations(year)), year)
    pictures = (
        (f'{split}/{path}', content)
        for name, split in SPLITS.items()
        for path, content in read_files(_find(directory, *_pictures(name, year)))
    )
    return convert_files(
        pictures,
        output_directory,
        output_filename,
        captions=lambda path: captions.get(PurePosixPath(path).stem),
    )


def _pictures(name, year):
    return f'{name}{year}.zip', f'{name}{year}'


def _annotations(year):
    return f'annotations_trainval{year}.zip', 'annotations'


def _missing(directory, year):
    """The archives that are not there, nor what they unpack to."""
    pictures = [_pictures(name, year) for name in SPLITS]
    for archive, folder in [*pictures, _annotations(year)]:
        if not _find(directory, archive, folder):
            yield archive


def _find(directory, archive, folder):
    """The path of an archive or of its folder, or None."""
    paths = os.path.join(directory, archive), os.path.join(directory, folder)
    return next(filter(os.path.exists, paths), None)


def read_captions(path: str, year: str = YEARS[0]) -> dict[str, list[str]]:
    """Captions in the official annotations, by the stems of the pictures' files."""

    def compact(record):
        """Keeps of the file's million records what is used, as they are read."""
        if 'caption' in record:
            return record['image_id'], record['caption']
        if 'file_name' in record:
            return record['id'], os.path.splitext(record['file_name'])[0]
        return record

    captions = {}
    with _opener(path) as open_member:
        for name in SPLITS:
            member = f'captions_{name}{year}.json'
            try:
                with open_member(member) as file:
                    table = json.load(file, object_hook=compact)
                stems = dict(table['images'])
                for image, caption in table['annotations']:
                    captions.setdefault(stems[image], []).append(caption)
            except (FileNotFoundError, KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f'{path}: {member} is missing or no caption file of MSCOCO: {error}'
                ) from None
    return captions


@contextmanager
def _opener(path):
    """A function that opens a file of the annotations, which are a folder or a zip."""
    if os.path.isdir(path):
        yield lambda name: open(os.path.join(path, name), 'rb')
        return
    with open_zip(path) as archive:
        yield lambda name: archive.open(f'annotations/{name}')
