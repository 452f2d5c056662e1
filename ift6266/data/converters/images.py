"""Converts any pictures: a folder of them, of folders or of archives; or one zip or tar."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable

from ift6266.data.archives import read_files
from ift6266.data.converters.base import add_output_filename, convert_files
from ift6266.data.splits import splits_and_rule


def fill_subparser(subparser: ArgumentParser) -> Callable:
    """Sets up a subparser to convert pictures."""
    add_output_filename(subparser, 'images.hdf5')
    return convert_images


def convert_images(
    directory: str, output_directory: str, output_filename: str = 'images.hdf5'
) -> tuple[str]:
    """Converts all pictures in a folder or an archive.

    Folders that are named as splits, such as ``Train`` and ``val``, and stand side by side become
    the splits ``train``, ``valid`` and ``test``, and their siblings splits of their own names;
    otherwise a hash of the name puts one picture in ten in ``valid``.  The report says which.

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
    rules = []

    def assign(paths):
        splits, rule = splits_and_rule(paths)
        rules.append(rule)
        return splits

    files = read_files(directory)
    output_paths = convert_files(files, output_directory, output_filename, assign=assign)
    print(' ', *rules, file=sys.stderr)
    return output_paths
