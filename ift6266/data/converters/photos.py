"""Converts the photographs that scikit-image ships to crops: a data set without a download."""

import importlib.util
import os
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy
from PIL import Image

from ift6266.data.converters.base import add_output_filename, save_pictures
from ift6266.data.pictures import Picture
from ift6266.errors import InputError
from ift6266.holes import SIZE

# Photographs only, without drawings and pages of text, and without those that are nearly all
# smooth or dark (moon, retina, Hubble's deep field).  Nothing in `valid` is also in `train` on
# another photograph, such as the other one of a stereo pair.
PHOTOGRAPHS = {
    'train': (
        'astronaut.png',
        'brick.png',
        'camera.png',
        'coins.png',
        'grass.png',
        'ihc.png',
        'motorcycle_left.png',
        'motorcycle_right.png',
        'rocket.jpg',
    ),
    'valid': ('chelsea.png', 'coffee.png', 'gravel.png'),
}
CROPS = {'train': 600, 'valid': 200}
LEAST_SIDE = 2 * SIZE  # scaled down by 2 or more, a crop is as sharp as a small photograph
LEAST_DEVIATION = 12  # of 255; what varies less is sky, wall or empty space
SEED = 1


def fill_subparser(subparser: ArgumentParser) -> Callable:
    """Sets up a subparser to convert scikit-image's photographs."""
    add_output_filename(subparser, 'photos.hdf5')
    return convert_photos


def convert_photos(
    directory: str | None, output_directory: str, output_filename: str = 'photos.hdf5'
) -> tuple[str]:
    """Cuts 64x64 crops at many scales from the photographs that scikit-image ships.

    ``train`` and ``valid`` come from different photographs.  The crops are the same each time.

    Parameters
    ----------
    directory
        Not used: the photographs lie in the installed scikit-image.
    output_directory, output_filename

    Returns
    -------
    output_paths
        The path of the converted data set, alone.
    """
    return save_pictures(_crops(), output_directory, output_filename)


def _crops():
    """Yield (path, picture); each photograph has its own random numbers and its own thread."""
    package = importlib.util.find_spec('skimage')
    if package is None:
        raise InputError(
            'the photographs come with scikit-image, which is not installed: '
            'pip install scikit-image'
        )
    folder = os.path.join(os.path.dirname(package.origin), 'data')
    photographs = [(split, name) for split, names in PHOTOGRAPHS.items() for name in names]

    def crops(number):
        split, name = photographs[number]
        rng = numpy.random.RandomState([SEED, number])
        with Image.open(os.path.join(folder, name)) as image:
            image = image.convert('RGB')
        return [_crop(image, rng) for _ in range(CROPS[split])]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for (split, name), pixels in zip(photographs, pool.map(crops, range(len(photographs)))):
            for number, crop in enumerate(pixels):
                yield (f'{split}/{os.path.splitext(name)[0]}_{number:03}', Picture(crop, None))


def _crop(image, rng):
    """A square of the image that is not blank, scaled to uint8 (3, 64, 64)."""
    while True:
        side = LEAST_SIDE * (min(image.size) / LEAST_SIDE) ** rng.uniform()  # log-uniform
        left, top = (rng.uniform(0, length - side) for length in image.size)
        crop = image.resize(
            (SIZE, SIZE),
            Image.Resampling.LANCZOS,
            (left, top, left + side, top + side),
            reducing_gap=3,
        )
        pixels = numpy.asarray(crop)
        if pixels.std() >= LEAST_DEVIATION:
            return numpy.ascontiguousarray(pixels.transpose(2, 0, 1))
