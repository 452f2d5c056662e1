"""Ways to paint without learning, a file for each: what a trained generator stands beside.

A fill is a function of arrays, ``fill(context, mask) → pictures``, for any holes;
:func:`ift6266.evaluation.fills.base.by_hole` says more.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from ift6266.errors import InputError
from ift6266.evaluation import Paint
from ift6266.evaluation.fills.biharmonic import biharmonic_fill
from ift6266.evaluation.fills.border_mean import border_mean_fill
from ift6266.evaluation.fills.harmonic import harmonic_fill
from ift6266.evaluation.fills.nearest import nearest_neighbour_fill
from ift6266.evaluation.fills.opencv import load_opencv, navier_stokes_fill, telea_fill

FILLS: dict[str, Callable[..., np.ndarray]] = {
    'border mean': border_mean_fill,
    'harmonic fill': harmonic_fill,
    'biharmonic fill': biharmonic_fill,
    'Telea (OpenCV)': telea_fill,
    'Navier-Stokes (OpenCV)': navier_stokes_fill,
    'nearest neighbour': nearest_neighbour_fill,
}
NEAREST = 'nearest neighbour'  # takes training pictures besides
OPENCV = ('Telea (OpenCV)', 'Navier-Stokes (OpenCV)')  # take OpenCV


def available_fills(
    training: np.ndarray | None = None,
) -> tuple[dict[str, Callable[..., np.ndarray]], list[str]]:
    """The fills that can be used, by name, and why others cannot, a list of lines.

    ``training`` is (pictures, 3, 64, 64) uint8; without it there is no nearest neighbour.
    """
    fills, reasons = dict(FILLS), []
    if training is None:
        del fills[NEAREST]
    else:
        fills[NEAREST] = partial(nearest_neighbour_fill, training=training)
    try:
        load_opencv()
    except InputError as reason:
        reasons.append(f'{" and ".join(OPENCV)}: {reason}')
        for name in OPENCV:
            del fills[name]
    return fills, reasons


def way_of_painting(fill: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Paint:
    """The fill as a function of a minibatch."""
    return lambda minibatch: fill(minibatch['context'], minibatch['mask'])
