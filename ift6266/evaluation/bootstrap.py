"""How far a mean over pictures would be another with other pictures: the bootstrap."""

import numpy as np

from ift6266.errors import InputError

DRAWS = 1000


def resampled_means(values, draws=DRAWS, seed=1):
    """Means over as many pictures as there are, drawn from them with replacement.

    Efron (1979), *Bootstrap Methods: Another Look at the Jackknife*.

    Parameters
    ----------
    values : array, (pictures,) or (pictures, columns)
    draws, seed : int
        Which pictures are drawn depends on their number and the seed alone: columns drawn
        apart go together.

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


def interval(draws):
    """The middle 95 % of ``draws``: (lower, upper)."""
    return tuple(np.percentile(draws, [2.5, 97.5], axis=0))
