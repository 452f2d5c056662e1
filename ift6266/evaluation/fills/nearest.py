"""The fill by the training picture most alike around the hole."""

import numpy as np

from ift6266.evaluation.fills.base import by_hole, surroundings
from ift6266.evaluation.neighbours import nearest_pictures

WIDTH = 2  # pixels around the hole; more bring no better pictures, and are searched more slowly


@by_hole
def nearest_neighbour_fill(
    context: np.ndarray, hole: np.ndarray, training: np.ndarray
) -> np.ndarray:
    """Fill the hole by that of the training picture most alike in the pixels around it.

    Most alike is the smallest sum of squared differences over the pixels at most two rows and
    columns from the hole.  ``training``, (pictures, 3, 64, 64) uint8, is as
    :func:`~ift6266.evaluation.neighbours.nearest_pictures` takes it.
    """
    around = surroundings(hole, WIDTH)
    numbers, _ = nearest_pictures(255 * context[..., around], around, training)
    return training[numbers][..., hole] / 255
