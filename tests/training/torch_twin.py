"""The report's networks and training steps once more, in PyTorch, from the tables alone.

Nothing here knows ``ift6266``: layers are those of ``torch.nn.functional``, gradients
come from autograd, and what Lasagne does in its own way (batch normalization's running
inverse standard deviations, Adam) is written out.  As in the course's notebook, the
generator paints anew for every critic step.

A network is a dict of tensors by the names that Lasagne's parameters have here.
Filters are turned by half a turn on their way to PyTorch, which slides them over the
feature maps as they are (a correlation), where ``Conv2DLayer`` flips them first (a
convolution); ``TransposedConv2DLayer`` transposes such a convolution, so its filters,
(channels, num_filters, rows, columns) as in PyTorch, are turned as well.
"""

import math

import torch
from torch.nn import functional as F

ALPHA, EPSILON = 0.1, 1e-4
NOT_TRAINED = ('mean', 'inv_std')


def tensors(arrays, dtype):
    """A network from arrays by name."""
    return {
        name: torch.tensor(array, dtype=dtype, requires_grad=is_trained(name))
        for name, array in arrays.items()
    }


def is_trained(name):
    return name.split('.')[-1] not in NOT_TRAINED


def convolve(x, network, name, stride=2, pad=1):
    return F.conv2d(x, network[name + '.W'].flip(2, 3), stride=stride, padding=pad)


def convolve_transposed(x, network, name):
    return F.conv_transpose2d(x, network[name + '.W'].flip(2, 3), stride=2, padding=1)


def normalize(x, network, name, update):
    mean = x.mean((0, 2, 3))
    inv_std = 1 / torch.sqrt(((x - mean[:, None, None]) ** 2).mean((0, 2, 3)) + EPSILON)
    if update:
        for statistic, value in (('mean', mean), ('inv_std', inv_std)):
            average = network[name + '.' + statistic]
            average += ALPHA * (value.detach() - average)
    scale, shift = network[name + '.gamma'] * inv_std, network[name + '.beta']
    return (x - mean[:, None, None]) * scale[:, None, None] + shift[:, None, None]


def generate(context, network, update=False):
    """Table "Generator"."""
    maps = [context]
    for name in ('conv1', 'conv2', 'conv3', 'conv4'):
        maps.append(F.relu(normalize(convolve(maps[-1], network, name), network, name, update)))
    x = maps[4]
    for name, skip in (('tconv1', maps[3]), ('tconv2', maps[2])):
        x = F.relu(normalize(convolve_transposed(x, network, name), network, name, update))
        x = torch.cat([x, skip], 1)
    return torch.sigmoid(convolve_transposed(x, network, 'tconv3'))


def score(centre, network, update=False):
    """Table "Critic"; the mean of the outputs of each centre."""
    x = centre
    for name in ('conv1', 'conv2', 'conv3', 'conv4'):
        x = normalize(convolve(x, network, name), network, name, update)
        x = F.leaky_relu(x, 0.01)
    return convolve(x, network, 'conv5', stride=1, pad=0).mean((1, 2, 3))


class Adam:
    """As Lasagne has it: ε is added to the root of the second moment as it is."""

    def __init__(self, network, learning_rate, beta1=0.5, beta2=0.999, epsilon=1e-8):
        self.params = {name: tensor for name, tensor in network.items() if is_trained(name)}
        self.learning_rate, self.beta1, self.beta2 = learning_rate, beta1, beta2
        self.epsilon = epsilon
        self.count = 0
        self.first = {name: torch.zeros_like(param) for name, param in self.params.items()}
        self.second = {name: torch.zeros_like(param) for name, param in self.params.items()}

    def step(self, loss):
        gradients = torch.autograd.grad(loss, list(self.params.values()))
        self.count += 1
        rate = (
            self.learning_rate
            * math.sqrt(1 - self.beta2**self.count)
            / (1 - self.beta1**self.count)
        )
        with torch.no_grad():
            for (name, param), gradient in zip(self.params.items(), gradients):
                first, second = self.first[name], self.second[name]
                first.copy_(self.beta1 * first + (1 - self.beta1) * gradient)
                second.copy_(self.beta2 * second + (1 - self.beta2) * gradient**2)
                param -= rate * first / (second.sqrt() + self.epsilon)

    def state(self):
        """Arrays by the names that the moments have in Theano."""
        moments = {'count': self.count}
        for name in self.params:
            moments[name + '.first'] = self.first[name].numpy()
            moments[name + '.second'] = self.second[name].numpy()
        return moments


def l2_step(generator, adam, context, target):
    """Mean squared error; trains the generator on it."""
    squared_error = ((generate(context, generator, update=True) - target) ** 2).mean()
    adam.step(squared_error)
    return squared_error.item()


def critic_step(generator, critic, adam, clip, context, target):
    """Critic loss; paints, trains the critic, clips all that was trained."""
    with torch.no_grad():
        painted = generate(context, generator)
    loss = -(score(target, critic, update=True).mean() - score(painted, critic).mean()) / 2
    adam.step(loss)
    with torch.no_grad():
        for param in adam.params.values():
            param.clamp_(-clip, clip)
    return loss.item()


def generator_step(generator, critic, adam, context, target):
    """Generator loss and mean squared error; trains the generator on their sum."""
    painted = generate(context, generator, update=True)
    squared_error = ((painted - target) ** 2).mean()
    loss = -score(painted, critic).mean() / 2 + squared_error
    adam.step(loss)
    return loss.item(), squared_error.item()
