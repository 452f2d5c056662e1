"""Spectral normalization of the critic's filters, as a constraint."""

from collections import OrderedDict

import lasagne
import numpy as np
import theano
import theano.tensor as T

SMALL = 1e-12  # keeps divisions finite


class SpectralNormalization:
    """After each update the largest singular value of each filter is at most ``limit``.

    That is of its matrix, (filters, channels · rows · columns), by one step of the power iteration
    an update, as in Miyato et al. (2018), algorithm 1.  Departure: they divide by the value where
    the filters are used, and gradients pass through the division; here the filters themselves lose
    what is above the limit, W − (σ − limit) u vᵀ, as clipping takes it from weights.  To divide the
    filters after each update would shrink all other singular values with the largest: a few
    hundred updates leave filters of rank one.  Biases are free.

    Attributes
    ----------
    state : list of shared variables
        The left singular vectors, from update to update.
    """

    def __init__(self, limit: float | None = None):
        self.limit, self.state = limit or 1.0, []

    def __call__(self, updates, params) -> OrderedDict:
        """The ``updates`` with the new filters among ``params`` bounded."""
        constrained = OrderedDict(updates)
        self.state = []
        for param in params:
            if param.ndim > 1:
                constrained.update(self._bounded(param, updates[param]))
        return constrained

    def _bounded(self, param, filters):
        """Updates of a filter and of its singular vector."""
        rows = param.get_value(borrow=True).shape[0]
        draw = lasagne.random.get_rng().normal(size=rows).astype(param.dtype)
        left = theano.shared(draw / np.linalg.norm(draw), f'{param.name}.left')
        self.state.append(left)
        matrix = filters.flatten(2)
        right = _unit(T.dot(left, matrix))
        image = T.dot(matrix, right)
        new_left = _unit(image)
        largest = T.dot(new_left, image)
        above = T.maximum(largest - T.cast(self.limit, param.dtype), 0)
        bounded = matrix - above * T.outer(new_left, right)
        return {param: bounded.reshape(filters.shape), left: new_left}

    def report(self, params) -> dict:
        return {}


def _unit(vector):
    return vector / (vector.norm(2) + T.cast(SMALL, vector.dtype))
