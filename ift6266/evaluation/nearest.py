"""The nearest training pictures: a fill, and a check whether a model remembers them."""

import numpy as np

from ift6266.data.hole import split, surroundings

WIDTH = 2  # pixels around the hole; more bring no better centres, and are searched more slowly
BLOCK = 5000  # training pictures compared at a time


class NearestNeighbour:
    """Fills a hole by the centre of the training picture most alike in the pixels around it.

    Most alike is the smallest sum of squared differences over the two rows and columns around
    the hole; of equals the first.  Every picture is compared.

    Parameters
    ----------
    images : array, (pictures, 3, 64, 64) uint8
        May be mapped from a file.
    """

    def __init__(self, images):
        self.images = images

    def __call__(self, context):
        """(batch, 3, 64, 64) float in [0, 1] → (batch, 3, 32, 32) of the same dtype.

        A search takes nearly as long for one picture as for hundreds.
        """
        numbers, _ = _search(255 * context, self.images, surroundings(WIDTH))
        _, centres = split(self.images[numbers])
        return np.divide(centres, 255, dtype=context.dtype)


def training_distance(centre, images):
    """The mean squared difference of each centre from the training centre most alike.

    A model that remembers paints centres that are much nearer to a training centre than true
    centres are; so does one that blurs, since there are flat training pictures.

    Parameters
    ----------
    centre : array, (batch, 3, 32, 32) in [0, 1]
    images : array, (pictures, 3, 64, 64) uint8
        All of them are compared.

    Returns
    -------
    array
        (batch,) float64
    """
    hole = ~surroundings()
    pictures = np.zeros(centre.shape[:2] + hole.shape, np.float32)
    pictures[..., hole] = 255 * centre.reshape(centre.shape[:2] + (-1,))
    _, distances = _search(pictures, images, hole)
    return np.square(distances / 255) / centre[0].size


def _search(pictures, images, pixels):
    """Numbers of the images nearest to the pictures by the chosen ``pixels``, and distances.

    The distances are Euclidean, all on the scale of 0 to 255.
    """
    # It multiplies matrices in float64, in which sums over whole numbers are exact.
    from sklearn.metrics import pairwise_distances_argmin_min

    sought = _rows(pictures, pixels)
    numbers, nearest = np.zeros(len(sought), int), np.full(len(sought), np.inf)
    for first in range(0, len(images), BLOCK):
        found, distances = pairwise_distances_argmin_min(
            sought, _rows(images[first : first + BLOCK], pixels)
        )
        nearer = distances < nearest
        numbers[nearer], nearest[nearer] = first + found[nearer], distances[nearer]
    return numbers, nearest


def _rows(pictures, pixels):
    """(batch, 3 · pixels) float32."""
    return pictures[..., pixels].reshape(len(pictures), -1).astype(np.float32)
