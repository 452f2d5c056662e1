"""Converts natural64: the half of Tiny ImageNet that the models of photographs learned from."""

import os
import random
import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterable

from ift6266.data.archives import open_zip, read_files
from ift6266.data.converters.base import add_output_filename, convert_files
from ift6266.data.pictures import MAX_BYTES
from ift6266.errors import InputError

ARCHIVE = 'tiny-imagenet-200.zip'
OTHERS = 'coco'
CLASSES, PICTURES = 200, 500  # in the archive's folder train
TRAIN, VALID = 250, 10  # drawn of each class
SEED = 6266


def fill_subparser(subparser: ArgumentParser) -> Callable:
    """Sets up a subparser to convert natural64."""
    add_output_filename(subparser, 'natural64.hdf5')
    return convert_natural64


def convert_natural64(
    directory: str, output_directory: str, output_filename: str = 'natural64.hdf5'
) -> tuple[str]:
    """Converts the pictures of Tiny ImageNet that are in natural64.

    The splits are ``train`` and ``valid``, both of the archive's folder `train`, and ``coco``,
    the pictures in a folder `coco` beside the archive, if there is one.

    Parameters
    ----------
    directory
        The folder of `tiny-imagenet-200.zip`.
    output_directory, output_filename

    Returns
    -------
    output_paths
        The path of the converted data set, alone.
    """
    path, others = (os.path.join(directory, name) for name in (ARCHIVE, OTHERS))
    if not os.path.isfile(path):
        raise InputError(f'{directory} lacks {ARCHIVE}')

    def read(archive, drawn):
        for split, names in drawn.items():
            for name in names:
                with archive.open(name) as file:
                    yield f'{split}/{name}', file.read(MAX_BYTES + 1)
        if os.path.isdir(others):
            for name, content in read_files(others):
                yield f'{OTHERS}/{name}', content

    with open_zip(path) as archive:
        drawn = draw(archive.namelist())
        if not drawn:
            raise InputError(
                f'{path} is not the official archive, whose folder train has {CLASSES} classes '
                f'of {PICTURES} pictures'
            )
        return convert_files(read(archive, drawn), output_directory, output_filename)


def draw(names: Iterable[str]) -> dict[str, list[str]] | None:
    """Names of pictures by split, in order; None where ``names`` are not those of the archive.

    Of each class, in alphabetical order, the pictures are shuffled in alphabetical order; the
    first go to ``train``, the next ones to ``valid``.  Then each split is shuffled.
    """
    classes = {}
    for name in sorted(names):
        match = re.search(r'(?:^|/)train/(\w+)/images/\1_\d+\.JPEG$', name)
        if match:
            classes.setdefault(match.group(1), []).append(name)
    if sorted(map(len, classes.values())) != CLASSES * [PICTURES]:
        return None
    rng, train, valid = random.Random(SEED), [], []
    for _, pictures in sorted(classes.items()):
        rng.shuffle(pictures)
        train += pictures[:TRAIN]
        valid += pictures[TRAIN : TRAIN + VALID]
    rng.shuffle(train)
    rng.shuffle(valid)
    return {'train': train, 'valid': valid}
