"""The fills that a trained model stands beside; none is trained."""

from ift6266.data.datasets import open_dataset, parse_split
from ift6266.errors import InputError
from ift6266.evaluation.biharmonic import biharmonic_fill
from ift6266.evaluation.border_mean import border_mean_fill
from ift6266.evaluation.harmonic import harmonic_fill
from ift6266.evaluation.nearest import NearestNeighbour
from ift6266.evaluation.opencv import navier_stokes_fill, require_opencv, telea_fill

# Milliseconds a picture, and always at hand.
CHEAP = {
    'border mean': border_mean_fill,
    'harmonic fill': harmonic_fill,
    'biharmonic fill': biharmonic_fill,
}
OPENCV = {'Telea (OpenCV)': telea_fill, 'Navier-Stokes (OpenCV)': navier_stokes_fill}
NEAREST = 'nearest neighbour'
NAMES = (*CHEAP, *OPENCV, NEAREST)


def training_images(dataset, split):
    """The pictures that models for ``split`` learned from, (pictures, 3, 64, 64) uint8, mapped.

    Raises :class:`InputError` where ``split`` is of them, or there are none.
    """
    if parse_split(split)[0] == 'train':
        raise InputError('the pictures measured are themselves those of the split train')
    return open_dataset(dataset, 'train').image


def baselines(training=None):
    """All fills that can be had, a dict by name, and why others cannot, a list of lines.

    ``training`` is (pictures, 3, 64, 64) uint8; without it there is no nearest neighbour.
    """
    fills, reasons = dict(CHEAP), []
    try:
        require_opencv()
        fills.update(OPENCV)
    except InputError as reason:
        reasons.append('{}: {}'.format(' and '.join(OPENCV), reason))
    if training is not None:
        fills[NEAREST] = NearestNeighbour(training)
    return fills, reasons
