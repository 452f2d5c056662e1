"""Statistics of paired runs: what one side took, and in the same rounds the other's forms."""

from collections import namedtuple

import numpy as np

Comparison = namedtuple('Comparison', 'ours theirs form forms ratio spread')
Comparison.__doc__ = """What the rounds of a row say.

``ours`` and ``theirs`` are medians, ``forms`` those of all the peer's forms by name, and
``form`` is its best, that ``theirs`` is of.  ``ratio`` is the median of theirs / ours in
the same round, ``spread`` its quartiles.  All but ``ours`` are None where there is no peer.
"""


def compare(ours, forms):
    """The :class:`Comparison` of two sides.

    Parameters
    ----------
    ours : list of float
        A number for each round, smaller is better.
    forms : dict of str to list of float
        As many for each form of the peer's; perhaps none.
    """
    if not forms:
        return Comparison(float(np.median(ours)), *5 * [None])
    medians = {name: float(np.median(theirs)) for name, theirs in forms.items()}
    best = min(medians, key=medians.get)
    low, ratio, high = np.percentile(np.divide(forms[best], ours), (25, 50, 75)).tolist()
    return Comparison(float(np.median(ours)), medians[best], best, medians, ratio, [low, high])
