"""The optimizers: Lasagne's updates, which keep their state at hand for checkpoints."""

from collections import OrderedDict

import theano.tensor as T
from lasagne.updates import adam, nesterov_momentum, rmsprop


class Adam:
    """Lasagne's Adam (Kingma and Ba 2015) with the report's β, (0.5, 0.999).

    Parameters
    ----------
    learning_rate : float or Theano scalar
    beta1 : float
        Decay of the first moment.
    weight_decay : float
        The share of itself, times the learning rate, that a filter loses in each step besides:
        AdamW (Loshchilov and Hutter 2019, algorithm 2).  Biases, scales and shifts, which have
        one axis, keep theirs.

    Attributes
    ----------
    state : list of shared variables
        The moments of the parameters it was called for, and its count of steps.
    """

    def __init__(self, learning_rate, beta1: float = 0.5, weight_decay: float = 0):
        self.learning_rate, self.beta1, self.weight_decay = learning_rate, beta1, weight_decay
        self.state = []

    def __call__(self, loss_or_grads, params) -> OrderedDict:
        """The updates of ``params``, a list of shared variables, that lower the loss."""
        updates = adam(loss_or_grads, params, self.learning_rate, self.beta1, beta2=0.999)
        *moments, count = [variable for variable in updates if variable not in params]
        count.name = 'count'
        for param, first, second in zip(params, moments[0::2], moments[1::2]):
            first.name, second.name = param.name + '.first', param.name + '.second'
        self.state = moments + [count]
        if self.weight_decay:
            self._shrink_filters(updates, params)
        return updates

    def _shrink_filters(self, updates, params):
        for param in params:
            if param.ndim > 1:
                kept = T.cast(1 - self.learning_rate * self.weight_decay, param.dtype)
                updates[param] = kept * param - (param - updates[param])


class RMSProp:
    """Lasagne's RMSProp (Tieleman and Hinton 2012), the optimizer of the WGAN paper.

    Parameter and attribute are those of :class:`Adam`; the state is the mean squares.
    """

    def __init__(self, learning_rate):
        self.learning_rate = learning_rate
        self.state = []

    def __call__(self, loss_or_grads, params) -> OrderedDict:
        """The updates of ``params``, a list of shared variables, that lower the loss."""
        updates = rmsprop(loss_or_grads, params, self.learning_rate)
        self.state = [variable for variable in updates if variable not in params]
        for param, square in zip(params, self.state):
            square.name = param.name + '.square'
        return updates


class SGD:
    """Lasagne's stochastic gradient descent, with Nesterov's momentum where it is not 0.

    Parameters
    ----------
    learning_rate : float or Theano scalar
    momentum : float
        The share of a step that goes on in the next.

    Attributes
    ----------
    state : list of shared variables
        The velocities of the parameters it was called for.
    """

    def __init__(self, learning_rate, momentum: float = 0):
        self.learning_rate, self.momentum = learning_rate, momentum
        self.state = []

    def __call__(self, loss_or_grads, params) -> OrderedDict:
        """The updates of ``params``, a list of shared variables, that lower the loss."""
        updates = nesterov_momentum(loss_or_grads, params, self.learning_rate, self.momentum)
        self.state = [variable for variable in updates if variable not in params]
        for param, velocity in zip(params, self.state):
            velocity.name = param.name + '.velocity'
        return updates
