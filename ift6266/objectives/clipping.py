"""Constraints on the critic's parameters: clipping, as in the report, or none."""

from collections import OrderedDict

import numpy as np
import theano.tensor as T


class Clipping:
    """All parameters stay in [−limit, limit] (Arjovsky, Chintala and Bottou 2017, algorithm 1)."""

    def __init__(self, limit: float):
        self.limit = limit

    def __call__(self, updates, params) -> OrderedDict:
        """The ``updates`` with the new values of ``params`` in their bounds."""
        return OrderedDict(
            (variable, T.clip(value, -self.limit, self.limit) if variable in params else value)
            for variable, value in updates.items()
        )

    def report(self, params) -> dict[str, float]:
        """``critic_at_clip``, the share of the numbers in ``params`` that are at a limit."""
        values = [param.get_value(borrow=True) for param in params]
        at_limit = sum(
            np.count_nonzero(np.abs(value) >= value.dtype.type(self.limit)) for value in values
        )
        return {'critic_at_clip': float(at_limit / sum(value.size for value in values))}


class Unconstrained:
    """The parameters are free; ``limit`` is not used."""

    def __init__(self, limit: float | None = None):
        pass

    def __call__(self, updates, params) -> OrderedDict:
        return updates

    def report(self, params) -> dict[str, float]:
        return {}
