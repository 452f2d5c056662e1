"""Converts the archive of the course: MSCOCO as 64x64 pictures with a pickle of the captions."""

import os
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import PurePosixPath

from ift6266.data.archives import read_files
from ift6266.data.converters.base import add_output_filename, convert_files
from ift6266.data.pictures import Refused
from ift6266.data.unpickling import load_text
from ift6266.errors import InputError

ARCHIVE = 'inpainting.tar.bz2'
CAPTIONS = 'dict_key_imgID_value_caps_train_and_valid.pkl'
SPLITS = {'train2014': 'train', 'val2014': 'valid'}


def fill_subparser(subparser: ArgumentParser) -> Callable:
    """Sets up a subparser to convert the archive of the course."""
    add_output_filename(subparser, 'inpainting.hdf5')
    return convert_inpainting


def convert_inpainting(
    directory: str, output_directory: str, output_filename: str = 'inpainting.hdf5'
) -> tuple[str]:
    """Converts the archive of the course.

    The splits are ``train`` (train2014) and ``valid`` (val2014).

    Parameters
    ----------
    directory
        The folder of `inpainting.tar.bz2`.
    output_directory, output_filename

    Returns
    -------
    output_paths
        The path of the converted data set, alone.
    """
    archive, captions = os.path.join(directory, ARCHIVE), {}
    return convert_files(
        _take_captions(archive, read_files(archive), captions),
        output_directory,
        output_filename,
        assign=assign_splits,
        captions=lambda path: captions.get(PurePosixPath(path).stem),
    )


def assign_splits(paths: list[str]) -> list[str | Refused]:
    """Splits by the folder that a picture lies in; those in other folders are refused."""
    outside = Refused('outside the folders of the splits')
    return [SPLITS.get(PurePosixPath(path).parent.name, outside) for path in paths]


def _take_captions(archive, files, captions):
    """Yield all files but the pickle of the captions, which goes into ``captions``."""
    for path, content in files:
        if os.path.basename(path) != CAPTIONS:
            yield path, content
            continue
        table = load_text(content, f'{path} in {archive}')
        if not (
            isinstance(table, dict)
            and all(
                isinstance(name, str)
                and isinstance(lines, list)
                and all(isinstance(line, str) for line in lines)
                for name, lines in table.items()
            )
        ):
            raise InputError(f'{path} in {archive} is no dict from names to lists of captions')
        captions.update(table)
    if not captions:
        raise InputError(f'{archive} holds no captions: {CAPTIONS} is missing')
