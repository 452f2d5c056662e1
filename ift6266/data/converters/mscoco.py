"""Converts the official MSCOCO 2014 downloads with their captions."""

import json
import os

from ift6266.data.converters.options import add_output_filename

ARCHIVES = (('train', 'train2014.zip'), ('valid', 'val2014.zip'))
ANNOTATIONS = 'annotations_trainval2014.zip'


def fill_subparser(subparser):
    """Sets up a subparser to convert the MSCOCO files."""
    add_output_filename(subparser, 'mscoco.hdf5')
    return convert_mscoco


def convert_mscoco(directory, output_directory, output_filename='mscoco.hdf5'):
    """Converts the official MSCOCO 2014 files.

    The splits are ``train`` (train2014) and ``valid`` (val2014).  It assumes the existence of
    the following files:

    * `train2014.zip`
    * `val2014.zip`
    * `annotations_trainval2014.zip`

    Parameters
    ----------
    directory : str
        Directory in which they reside.
    output_directory, output_filename : str

    Returns
    -------
    output_paths : tuple of str
        Single-element tuple containing the path to the converted data set.
    """
    from ift6266.data.archives import read_files
    from ift6266.data.converters.base import convert_files
    from ift6266.errors import InputError

    files = [name for _, name in ARCHIVES] + [ANNOTATIONS]
    missing = [name for name in files if not os.path.isfile(os.path.join(directory, name))]
    if missing:
        raise InputError(
            '{} lacks {}; get it by: python -m ift6266.data download mscoco -d {}'.format(
                directory, ', '.join(missing), directory
            )
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
        lambda paths: [path.partition('/')[0] for path in paths],
        captions,
    )


def read_captions(path):
    """Captions in the official annotations, a dict from file stems to lists of text."""
    from ift6266.data.archives import open_zip
    from ift6266.errors import InputError

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
                )
    return captions
