"""The fill by the training picture most alike, and the search for it."""

import numpy as np

from ift6266.evaluation.fills.base import by_hole, surroundings

WIDTH = 2  # pixels around the hole; more bring no better pictures, and are searched more slowly
BLOCK = 5000  # training pictures compared at a time


@by_hole
def nearest_neighbour_fill(
    context: np.ndarray, hole: np.ndarray, training: np.ndarray
) -> np.ndarray:
    """Fill the hole by that of the training picture most alike in the pixels around it.

    Most alike is the smallest sum of squared differences over the pixels at most two rows and
    columns from the hole; of equals the first.  ``training``, (pictures, 3, 64, 64) uint8, may be
    mapped from a file; every picture is compared.

    A search takes nearly as long for one picture as for hundreds with the same hole.
    """
    around = surroundings(hole, WIDTH)
    numbers, _ = search(255 * context[..., around], training, around)
    return training[numbers][..., hole] / 255


def search(
    values: np.ndarray, training: np.ndarray, pixels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find the training pictures nearest to given ones by the chosen pixels.

    Parameters
    ----------
    values : (pictures, 3, pixels)
        From 0 to 255.
    training : (pictures, 3, 64, 64) uint8
    pixels : (64, 64) bool

    Returns
    -------
    arrays (pictures,)
        The numbers of the nearest ones, and their Euclidean distances.
    """
    # It multiplies matrices in float64, in which sums over whole numbers are exact.
    from sklearn.metrics import pairwise_distances_argmin_min

    sought = _rows(values)
    numbers, nearest = np.zeros(len(sought), int), np.full(len(sought), np.inf)
    for first in range(0, len(training), BLOCK):
        block = _rows(training[first : first + BLOCK][..., pixels])
        found, distances = pairwise_distances_argmin_min(sought, block)
        nearer = distances < nearest
        numbers[nearer], nearest[nearer] = first + found[nearer], distances[nearer]
    return numbers, nearest


def _rows(values):
    """(pictures, 3 · pixels) float32."""
    return values.reshape(len(values), -1).astype(np.float32)
