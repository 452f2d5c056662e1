"""How far a mean over pictures would be another with other pictures: the bootstrap."""

import numpy as np

from ift6266.errors import InputError

DRAWS = 1000


def resampled_means(values: np.ndarray, draws: int = DRAWS, seed: int = 1) -> np.ndarray:
    """Means over as many pictures as there are, drawn from them with replacement.

    Efron (1979), *Bootstrap Methods: Another Look at the Jackknife*.

    Parameters
    ----------
    values : (pictures,) or (pictures, columns)
    draws, seed
        Which pictures are drawn depends on their number and the seed alone, so columns may be
        resampled one by one.

    Returns
    -------
    array
        (draws,) or (draws, columns) float64.

    Raises
    ------
    InputError
        If there are fewer than two pictures.
    """
    pictures, random = len(values), np.random.RandomState(seed)
    if pictures < 2:
        raise InputError(f'an interval over pictures takes 2 of them or more, not {pictures}')
    counts = (
        np.bincount(random.randint(pictures, size=pictures), minlength=pictures)
        for _ in range(draws)
    )
    return np.stack([count @ values for count in counts]) / pictures


def interval(draws: np.ndarray) -> tuple[float, float]:
    """The lower and the upper end of the middle 95 % of ``draws``."""
    lower, upper = np.percentile(draws, [2.5, 97.5])
    return lower, upper
