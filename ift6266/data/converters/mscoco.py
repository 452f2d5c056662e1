"""Converts the official MSCOCO 2014 downloads with their captions."""

import json
import os
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import PurePosixPath

from ift6266.data.archives import open_zip, read_files
from ift6266.data.converters.base import add_output_filename, convert_files
from ift6266.errors import InputError

ARCHIVES = (('train', 'train2014.zip'), ('valid', 'val2014.zip'))
ANNOTATIONS = 'annotations_trainval2014.zip'


def fill_subparser(subparser: ArgumentParser) -> Callable:
    """Sets up a subparser to convert the MSCOCO files."""
    add_output_filename(subparser, 'mscoco.hdf5')
    return convert_mscoco


def convert_mscoco(
    directory: str, output_directory: str, output_filename: str = 'mscoco.hdf5'
) -> tuple[str]:
    """Converts the official MSCOCO 2014 files.

    The splits are ``train`` (train2014) and ``valid`` (val2014).

    Parameters
    ----------
    directory
        The folder of `train2014.zip`, `val2014.zip` and `annotations_trainval2014.zip`.
    output_directory, output_filename

    Returns
    -------
    output_paths
        The path of the converted data set, alone.
    """
    files = [name for _, name in ARCHIVES] + [ANNOTATIONS]
    missing = [name for name in files if not os.path.isfile(os.path.join(directory, name))]
    if missing:
        raise InputError(
            f'{directory} lacks {", ".join(missing)}; get it by: '
            f'python -m ift6266.data download mscoco -d {directory}'
        )
    captions = read_captions(os.path.join(directory, ANNOTATIONS))
    pictures = (
        (f'{split}/{path}', content)
        for split, name in ARCHIVES
        for path, content in read_files(os.path.join(directory, name))
    )
    return convert_files(
        pictures,
        output_directory,
        output_filename,
        captions=lambda path: captions.get(PurePosixPath(path).stem),
    )


def read_captions(path: str) -> dict[str, list[str]]:
    """Captions in the official annotations, by the stems of the pictures' files."""

    def compact(record):
        """Keeps of the file's million records what is used, as they are read."""
        if 'caption' in record:
            return record['image_id'], record['caption']
        if 'file_name' in record:
            return record['id'], os.path.splitext(record['file_name'])[0]
        return record

    captions = {}
    with open_zip(path) as archive:
        for _, name in ARCHIVES:
            member = f'annotations/captions_{os.path.splitext(name)[0]}.json'
            try:
                with archive.open(member) as file:
                    table = json.load(file, object_hook=compact)
                stems = dict(table['images'])
                for image, caption in table['annotations']:
                    captions.setdefault(stems[image], []).append(caption)
            except (KeyError, TypeError, ValueError) as error:
                raise InputError(
                    f'{path}: {member} is missing or no caption file of MSCOCO: {error}'
                ) from None
    return captions
