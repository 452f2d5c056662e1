"""The training pictures most alike: to paint by, and to find out whether a model remembers them."""

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min

BLOCK = 5000  # training pictures compared at a time


def nearest_pictures(
    values: np.ndarray, pixels: np.ndarray, training: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the training pictures nearest to given ones by the chosen pixels; of equals the first.

    Parameters
    ----------
    values : (pictures, 3, pixels), from 0 to 255
        Those of the given pictures, in the order in which ``pixels`` indexes an array.
    pixels : (64, 64) bool
    training : (pictures, 3, 64, 64) uint8
        May be mapped from a file.  All of them are compared, which takes nearly as long for one
        picture as for hundreds.

    Returns
    -------
    arrays (pictures,)
        The numbers of the nearest ones, and their Euclidean distances.
    """
    # Matrices are multiplied in float64, in which sums over whole numbers are exact.
    sought = _rows(values)
    numbers, nearest = np.zeros(len(sought), int), np.full(len(sought), np.inf)
    for first in range(0, len(training), BLOCK):
        block = _rows(training[first : first + BLOCK][..., pixels])
        found, distances = pairwise_distances_argmin_min(sought, block)
        nearer = distances < nearest
        numbers[nearer], nearest[nearer] = first + found[nearer], distances[nearer]
    return numbers, nearest


def training_distance(values: np.ndarray, hole: np.ndarray, training: np.ndarray) -> np.ndarray:
    """The mean squared difference in the hole from the training picture most alike there.

    A model that remembers paints what is much nearer to a training picture than true pictures
    are; so does one that blurs, since there are flat training pictures.

    Arguments as in :func:`nearest_pictures`, but ``values`` are in [0, 1]: what is in the ``hole``,
    the same in all pictures.  Returns (pictures,) float64.
    """
    _, distances = nearest_pictures(255 * values, hole, training)
    return np.square(distances / 255) / values[0].size


def _rows(values):
    """(pictures, 3 · pixels) float32."""
    return values.reshape(len(values), -1).astype(np.float32)
