"""Statistics of paired runs: what one side took, and in the same rounds the other's forms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Comparison:
    """The result of the rounds of a row.

    ``ours`` and ``theirs`` are medians, ``forms`` those of all the peer's forms by name, and
    ``form`` is its best, that of ``theirs``.  ``ratio`` is the median of theirs / ours in the same
    round, ``spread`` its quartiles.  All but ``ours`` are None where there is no peer.
    """

    ours: float
    theirs: float | None = None
    form: str | None = None
    forms: dict[str, float] | None = None
    ratio: float | None = None
    spread: list[float] | None = None


def compare(ours: Sequence[float], forms: Mapping[str, Sequence[float]]) -> Comparison:
    """Compare a number for each round, smaller is better, with as many for each peer's form."""
    if not forms:
        return Comparison(float(np.median(ours)))
    medians = {name: float(np.median(theirs)) for name, theirs in forms.items()}
    best = min(medians, key=medians.get)
    low, ratio, high = np.percentile(np.divide(forms[best], ours), (25, 50, 75)).tolist()
    return Comparison(
        ours=float(np.median(ours)),
        theirs=medians[best],
        form=best,
        forms=medians,
        ratio=ratio,
        spread=[low, high],
    )
