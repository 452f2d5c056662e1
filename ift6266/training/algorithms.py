"""The report's training algorithms: how a minibatch moves the networks.

An algorithm has ``update(*minibatch)``, which trains on (inputs…, target) arrays and
returns the losses by name; ``state``, lists of all the shared variables that it
moves, by group; and ``at_epoch(epoch)``, the algorithm to use in that epoch.
"""

from collections import OrderedDict

import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import get_all_params

from ift6266.backends import AUTO
from ift6266.training.optimizers import Adam
from ift6266.training.steps import (
    compile_critic_step,
    compile_generator_step,
    compile_l2_step,
    compile_paint,
)


def floats(losses):
    """A dict of arrays without dimensions as one of floats."""
    return {name: float(loss) for name, loss in losses.items()}


def share_at_limit(params, limit):
    """Which part of the numbers in ``params`` is at ±``limit``."""
    values = [param.get_value(borrow=True) for param in params]
    at_limit = sum(np.count_nonzero(np.abs(value) >= value.dtype.type(limit)) for value in values)
    return float(at_limit / sum(value.size for value in values))


class Algorithm:
    """One that is the same in every epoch."""

    def at_epoch(self, epoch):
        return self


class L2(Algorithm):
    """The report's first system: the generator alone, on the squared error."""

    def __init__(self, generator, learning_rate, backend=AUTO):
        optimizer = Adam(learning_rate)
        self.step = compile_l2_step(generator, optimizer, backend)
        self.state = {'generator': get_all_params(generator), 'l2_adam': optimizer.state}

    def update(self, *minibatch):
        return {'train_mse': float(self.step(*minibatch))}


class WGAN(Algorithm):
    """The report's second system: L2 and a Wasserstein critic with clipped parameters.

    Arjovsky, Chintala and Bottou (2017), algorithm 1, with these differences of the
    report's: Adam, batch normalization's parameters clipped too, and critic steps
    that all see the minibatch of the generator step.  The generator does not change
    during them, so it paints once for all of them.

    Parameters
    ----------
    generator, critic : Layer
    optimizers : pair
        The generator's and the critic's, of :mod:`ift6266.training.optimizers`.
    critic_steps : int
        For each generator step; of the first ``BEGINNING`` generator steps each comes after
        ``first_critic_steps``, where that is given, as in the code of the paper.
    clip, adversarial_weight, together
        As the steps in :mod:`ift6266.training.steps` take them.
    """

    BEGINNING = 25

    def __init__(
        self,
        generator,
        critic,
        optimizers,
        critic_steps=5,
        clip=0.03,
        adversarial_weight=1,
        together=False,
        first_critic_steps=None,
        backend=AUTO,
    ):
        self.critic_steps, self.clip = critic_steps, clip
        self.first_critic_steps = first_critic_steps or critic_steps
        generator_optimizer, critic_optimizer = optimizers
        self.paint = compile_paint(generator, backend)
        self.critic_step = compile_critic_step(critic, critic_optimizer, clip, together, backend)
        self.generator_step = compile_generator_step(
            generator, critic, generator_optimizer, adversarial_weight, together, backend
        )
        self.clipped = get_all_params(critic, trainable=True)
        self.updates = theano.shared(0, 'updates')
        self.state = {
            'generator': get_all_params(generator),
            'critic': get_all_params(critic),
            'generator_optimizer': generator_optimizer.state,
            'critic_optimizer': critic_optimizer.state,
            'progress': [self.updates],
        }

    def update(self, *minibatch):
        *inputs, target = minibatch
        painted = self.paint(*inputs)
        done = int(self.updates.get_value())
        steps = self.first_critic_steps if done < self.BEGINNING else self.critic_steps
        for _ in range(steps):
            critic_losses = self.critic_step(inputs[0], target, painted)
        generator_losses = self.generator_step(*minibatch)
        self.updates.set_value(done + 1)
        return {
            **floats(critic_losses),
            **floats(generator_losses),
            'critic_at_clip': share_at_limit(self.clipped, self.clip),
        }


class WarmUp:
    """The algorithm ``first`` for so many ``epochs``, ``then`` the other."""

    def __init__(self, first, epochs, then):
        self.first, self.epochs, self.then = first, epochs, then
        self.state = {**first.state, **then.state}

    def at_epoch(self, epoch):
        return self.first if epoch <= self.epochs else self.then


class Averaged:
    """An algorithm, and after each of its updates a moving average of the generator's parameters.

    ``average``, a network like ``generator``, has these: what it paints does not swing with the
    last minibatches (Polyak and Juditsky 1992; Yazıcı et al. 2019 for GANs).  The n-th update
    keeps the share min(``decay``, n / (n + 9)) of what the average was, so that the first
    weights are soon forgotten.
    """

    def __init__(self, algorithm, generator, average, decay, backend=AUTO):
        self.algorithm = algorithm
        self.count = count = theano.shared(np.asarray(0, theano.config.floatX), 'updates')
        kept = T.minimum(T.cast(decay, count.dtype), (count + 1) / (count + 10))
        updates = OrderedDict(
            (mean, kept * mean + (1 - kept) * param)
            for mean, param in zip(get_all_params(average), get_all_params(generator))
        )
        updates[count] = count + 1
        self.advance = backend.compile([], [], 'average', updates=updates)
        self.state = {**algorithm.state, 'average': list(updates)}

    def at_epoch(self, epoch):
        self.current = self.algorithm.at_epoch(epoch)
        return self

    def update(self, *minibatch):
        losses = self.current.update(*minibatch)
        self.advance()
        return losses
