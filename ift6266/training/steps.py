"""The training steps: what the report's algorithm does to a minibatch, compiled.

Each function here takes a layer graph whose input layers hold their own variables,
and returns a Theano function.  A step moves the parameters, the Adam moments and
the batch normalization averages of the network that it trains, and nothing else.
"""
from collections import OrderedDict

import theano
import theano.tensor as T
from lasagne.layers import InputLayer, get_all_layers, get_all_params, get_output
from lasagne.updates import adam

from ift6266.objectives import adversarial_loss, critic_loss, reconstruction_loss

BETA1, BETA2 = 0.5, 0.999


def input_vars(network):
    """The variables of the network's input layers, in the order of the layers."""
    return [layer.input_var for layer in get_all_layers(network) if isinstance(layer, InputLayer)]


def adam_updates(loss, network, learning_rate):
    """Lasagne's Adam on the trainable parameters; its moments get names of their own."""
    params = get_all_params(network, trainable=True)
    updates = adam(loss, params, learning_rate, BETA1, BETA2)
    *moments, step = [variable for variable in updates if variable not in params]
    for param, mean, square in zip(params, moments[0::2], moments[1::2]):
        mean.name, square.name = param.name + '.adam_m', param.name + '.adam_v'
    step.name = 'adam_t'
    return updates


def clip_updates(updates, params, limit):
    """``updates`` with the new values of ``params`` clipped to [−limit, limit]."""
    return OrderedDict((variable, T.clip(value, -limit, limit) if variable in params else value)
                       for variable, value in updates.items())


def compile_paint(generator, mode=None):
    """inputs → painted centres, normalized by the minibatch, as the critic step sees them."""
    painted = get_output(generator, batch_norm_update_averages=False)
    return theano.function(input_vars(generator), painted, mode=mode, name='paint')


def compile_inpaint(generator, mode=None):
    """inputs → painted centres, normalized by the running averages: inference."""
    return theano.function(input_vars(generator), get_output(generator, deterministic=True),
                           mode=mode, name='inpaint')


def compile_l2_step(generator, learning_rate, mode=None):
    """(inputs, target) → mean squared error; trains the generator on it."""
    target = T.tensor4('target')
    loss = reconstruction_loss(get_output(generator), target)
    updates = adam_updates(loss, generator, learning_rate)
    return theano.function(input_vars(generator) + [target], loss, updates=updates, mode=mode,
                           name='L2 step')


def compile_critic_step(critic, learning_rate, clip, mode=None):
    """(target, painted) → critic loss; trains the critic, then clips its parameters.

    The critic's running averages, which nothing reads, follow the photographs alone.
    """
    target, painted = T.tensor4('target'), T.tensor4('painted')
    loss = critic_loss(get_output(critic, target),
                       get_output(critic, painted, batch_norm_update_averages=False))
    updates = clip_updates(adam_updates(loss, critic, learning_rate),
                           get_all_params(critic, trainable=True), clip)
    return theano.function([target, painted], loss, updates=updates, mode=mode,
                           name='critic step')


def compile_generator_step(generator, critic, learning_rate, adversarial_weight=1, mode=None):
    """(inputs, target) → generator loss, mean squared error; trains the generator on the first."""
    target = T.tensor4('target')
    painted = get_output(generator)
    score = get_output(critic, painted, batch_norm_update_averages=False)
    squared_error = reconstruction_loss(painted, target)
    loss = adversarial_weight * adversarial_loss(score) + squared_error
    updates = adam_updates(loss, generator, learning_rate)
    return theano.function(input_vars(generator) + [target], [loss, squared_error],
                           updates=updates, mode=mode, name='generator step')
