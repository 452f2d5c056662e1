"""Converts the archive of the course: MSCOCO as 64x64 pictures with a pickle of the captions."""

import os

from ift6266.data.converters.options import add_output_filename

ARCHIVE = 'inpainting.tar.bz2'
CAPTIONS = 'dict_key_imgID_value_caps_train_and_valid.pkl'
SPLITS = {'train2014': 'train', 'val2014': 'valid'}


def fill_subparser(subparser):
    """Sets up a subparser to convert the archive of the course."""
    add_output_filename(subparser, 'inpainting.hdf5')
    return convert_inpainting


def convert_inpainting(directory, output_directory, output_filename='inpainting.hdf5'):
    """Converts the archive of the course.

    The splits are ``train`` (train2014) and ``valid`` (val2014).  It assumes the existence of
    the file `inpainting.tar.bz2`.

    Parameters
    ----------
    directory : str
        Directory in which the archive resides.
    output_directory, output_filename : str

    Returns
    -------
    output_paths : tuple of str
        Single-element tuple containing the path to the converted data set.
    """
    from ift6266.data.archives import read_files
    from ift6266.data.converters.base import convert_files

    archive, captions = os.path.join(directory, ARCHIVE), {}
    pictures = _take_captions(archive, read_files(archive), captions)
    return convert_files(pictures, output_directory, output_filename, assign_splits, captions)


def assign_splits(paths):
    """Splits by the folder that a picture lies in; None for all other folders."""
    return [SPLITS.get(os.path.basename(os.path.dirname(path))) for path in paths]


def _take_captions(archive, files, captions):
    """Yield all files but the pickle of the captions, which goes into ``captions``."""
    from ift6266.data.unpickling import load_text
    from ift6266.errors import InputError

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
