"""The training steps: what the report's algorithm does to a minibatch, compiled.

Each function here takes layer graphs whose input layers hold their own variables,
and returns a Theano function.  A step moves the parameters, the Adam moments and
the batch normalization averages of the network that it trains, and nothing else.
"""
from collections import OrderedDict

import theano.tensor as T
from lasagne.layers import get_all_params, get_output
from lasagne.updates import adam

from ift6266.backends import compile_function
from ift6266.networks import input_vars
from ift6266.objectives import adversarial_loss, critic_loss, reconstruction_loss


class Adam:
    """Lasagne's Adam (Kingma and Ba 2015) with the report's β, (0.5, 0.999).

    Parameters
    ----------
    learning_rate : float or Theano scalar

    Attributes
    ----------
    state : list of shared variables
        The moments of the parameters it was called for, and its count of steps.
    """

    def __init__(self, learning_rate):
        self.learning_rate = learning_rate
        self.state = []

    def __call__(self, loss, params):
        """The updates of ``params``, a list of shared variables, that lower ``loss``."""
        updates = adam(loss, params, self.learning_rate, beta1=0.5, beta2=0.999)
        *moments, count = [variable for variable in updates if variable not in params]
        count.name = 'count'
        for param, first, second in zip(params, moments[0::2], moments[1::2]):
            first.name, second.name = param.name + '.first', param.name + '.second'
        self.state = moments + [count]
        return updates


def clip_updates(updates, params, limit):
    """``updates`` with the new values of ``params`` clipped to [−limit, limit]."""
    return OrderedDict((variable, T.clip(value, -limit, limit) if variable in params else value)
                       for variable, value in updates.items())


def compile_paint(generator, backend='auto', precision='float32'):
    """inputs → painted centres, normalized by the minibatch, as the critic step sees them."""
    painted = get_output(generator, batch_norm_update_averages=False)
    return compile_function(input_vars(generator), painted, backend, 'painting',
                            precision=precision)


def compile_l2_step(generator, optimizer, backend='auto', precision='float32'):
    """(inputs, target) → mean squared error; trains the generator on it."""
    target = T.tensor4('target')
    loss = reconstruction_loss(get_output(generator), target)
    updates = optimizer(loss, get_all_params(generator, trainable=True))
    return compile_function(input_vars(generator) + [target], loss, backend, 'L2 step',
                            updates=updates, precision=precision)


def compile_critic_step(critic, optimizer, clip, backend='auto', precision='float32'):
    """(target, painted) → critic loss; trains the critic, then clips its parameters.

    The critic's running averages, which nothing reads, follow the photographs alone.
    """
    target, painted = T.tensor4('target'), T.tensor4('painted')
    loss = critic_loss(get_output(critic, target),
                       get_output(critic, painted, batch_norm_update_averages=False))
    params = get_all_params(critic, trainable=True)
    updates = clip_updates(optimizer(loss, params), params, clip)
    return compile_function([target, painted], loss, backend, 'critic step', updates=updates,
                            precision=precision)


def compile_generator_step(generator, critic, optimizer, adversarial_weight=1, backend='auto',
                           precision='float32'):
    """(inputs, target) → generator loss, mean squared error; trains the generator on the first."""
    target = T.tensor4('target')
    painted = get_output(generator)
    score = get_output(critic, painted, batch_norm_update_averages=False)
    squared_error = reconstruction_loss(painted, target)
    loss = adversarial_weight * adversarial_loss(score) + squared_error
    updates = optimizer(loss, get_all_params(generator, trainable=True))
    return compile_function(input_vars(generator) + [target], [loss, squared_error], backend,
                            'generator step', updates=updates, precision=precision)
