"""Constraints on the critic's parameters: clipping, as in the report, or none."""

from collections import OrderedDict

import theano.tensor as T


class Clipping:
    """All parameters stay in [−limit, limit] (Arjovsky, Chintala and Bottou 2017, algorithm 1)."""

    state = ()

    def __init__(self, limit: float):
        self.limit = limit

    def __call__(self, updates, params) -> OrderedDict:
        """The ``updates`` with the new values of ``params`` in their bounds."""
        return OrderedDict(
            (variable, T.clip(value, -self.limit, self.limit) if variable in params else value)
            for variable, value in updates.items()
        )

    def report(self, params) -> dict:
        """``critic_at_clip``, the share of the numbers in ``params`` that are at a limit."""
        at_limit = sum(T.ge(abs(param), T.cast(self.limit, param.dtype)).sum() for param in params)
        return {'critic_at_clip': at_limit / T.cast(sum(param.size for param in params), 'float64')}


class Unconstrained:
    """The parameters are free; ``limit`` is not used."""

    state = ()

    def __init__(self, limit: float | None = None):
        pass

    def __call__(self, updates, params) -> OrderedDict:
        return updates

    def report(self, params) -> dict:
        return {}
