"""Ways to paint without learning, a file for each: what a trained generator stands beside.

A fill is a function of arrays, ``fill(context, mask) → pictures``, for any holes;
:func:`ift6266.evaluation.fills.base.by_hole` says more.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from ift6266.errors import InputError
from ift6266.evaluation import Paint
from ift6266.evaluation.fills.opencv import load_opencv
from ift6266.tables import Table

FILLS = Table(**{
    'border mean': 'ift6266.evaluation.fills.border_mean:border_mean_fill',
    'harmonic fill': 'ift6266.evaluation.fills.harmonic:harmonic_fill',
    'biharmonic fill': 'ift6266.evaluation.fills.biharmonic:biharmonic_fill',
    'Telea (OpenCV)': 'ift6266.evaluation.fills.opencv:telea_fill',
    'Navier-Stokes (OpenCV)': 'ift6266.evaluation.fills.opencv:navier_stokes_fill',
    'nearest neighbour': 'ift6266.evaluation.fills.nearest:nearest_neighbour_fill',
})
OPENCV = ('Telea (OpenCV)', 'Navier-Stokes (OpenCV)')
NEAREST = 'nearest neighbour'  # takes training pictures besides

Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]


def available_fills(training: np.ndarray | None = None) -> tuple[dict[str, Fill], list[str]]:
    """The fills that can be used, by name, and why others cannot, a list of lines.

    ``training`` is (pictures, 3, 64, 64) uint8; without it there is no nearest neighbour.
    """
    fills, reasons = dict(FILLS), []
    nearest = fills.pop(NEAREST)
    try:
        load_opencv()
    except InputError as reason:
        reasons.append(f'{" and ".join(OPENCV)}: {reason}')
        for name in OPENCV:
            del fills[name]
    if training is not None:
        fills[NEAREST] = partial(nearest, training=training)
    return fills, reasons


def way_of_painting(fill: Fill) -> Paint:
    """The fill as a function of a minibatch."""
    return lambda minibatch: fill(minibatch['context'], minibatch['mask'])
