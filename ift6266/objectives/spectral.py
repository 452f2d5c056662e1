"""Spectral normalization of the critic's filters, as a constraint."""

from collections import OrderedDict

import lasagne
import numpy as np
import theano
import theano.tensor as T

SMALL = 1e-12  # keeps divisions finite


class SpectralNormalization:
    """After each update the largest singular value of each filter is ``limit``.

    That is of its matrix, (filters, channels · rows · columns), by one step of the power iteration
    an update, as in Miyato et al. (2018), algorithm 1.  Departure: they divide where the filters
    are used; here the filters themselves are divided, as clipping clips them.  Biases are free.

    Attributes
    ----------
    state : list of shared variables
        The left singular vectors, from update to update.
    """

    def __init__(self, limit: float | None = None):
        self.limit, self.state = limit or 1.0, []

    def __call__(self, updates, params) -> OrderedDict:
        """The ``updates`` with the new filters among ``params`` divided."""
        constrained = OrderedDict(updates)
        self.state = []
        for param in params:
            if param.ndim > 1:
                constrained.update(self._divided(param, updates[param]))
        return constrained

    def _divided(self, param, filters):
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
        return {param: filters * T.cast(self.limit, param.dtype) / largest, left: new_left}

    def report(self, params) -> dict:
        return {}


def _unit(vector):
    return vector / (vector.norm(2) + T.cast(SMALL, vector.dtype))
