"""The report's training algorithms: how a minibatch moves the networks.

An algorithm has ``update(*minibatch)``, which trains on (inputs…, target) arrays and
returns the losses by name; ``state``, lists of all the shared variables that it
moves, by group; and ``at_epoch(epoch)``, the algorithm to use in that epoch.
"""
from lasagne.layers import get_all_params

from ift6266.training.steps import (Adam, compile_critic_step, compile_generator_step,
                                    compile_l2_step, compile_paint)


class Algorithm:
    """One that is the same in every epoch."""

    def at_epoch(self, epoch):
        return self


class L2(Algorithm):
    """The report's first system: the generator alone, on the squared error."""

    def __init__(self, generator, learning_rate, backend='auto', precision='float32'):
        optimizer = Adam(learning_rate)
        self.step = compile_l2_step(generator, optimizer, backend, precision)
        self.state = {'generator': get_all_params(generator),
                      'l2_adam': optimizer.state}

    def update(self, *minibatch):
        return {'train_mse': float(self.step(*minibatch))}


class WGAN(Algorithm):
    """The report's second system: L2 and a Wasserstein critic with clipped parameters.

    Arjovsky, Chintala and Bottou (2017), algorithm 1, with these differences of the
    report's: Adam, batch normalization's parameters clipped too, and critic steps
    that all see the minibatch of the generator step.  The generator does not change
    during them, so it paints once for all of them.
    """

    def __init__(self, generator, critic, learning_rate, critic_steps=5, clip=0.03,
                 adversarial_weight=1, backend='auto', precision='float32'):
        self.critic_steps = critic_steps
        critic_adam, generator_adam = Adam(learning_rate), Adam(learning_rate)
        self.paint = compile_paint(generator, backend, precision)
        self.critic_step = compile_critic_step(critic, critic_adam, clip, backend, precision)
        self.generator_step = compile_generator_step(generator, critic, generator_adam,
                                                     adversarial_weight, backend, precision)
        self.state = {'generator': get_all_params(generator), 'critic': get_all_params(critic),
                      'generator_adam': generator_adam.state, 'critic_adam': critic_adam.state}

    def update(self, *minibatch):
        *inputs, target = minibatch
        painted = self.paint(*inputs)
        for _ in range(self.critic_steps):
            critic_loss = self.critic_step(target, painted)
        generator_loss, squared_error = self.generator_step(*minibatch)
        return {'train_mse': float(squared_error), 'critic_loss': float(critic_loss),
                'generator_loss': float(generator_loss)}


class WarmUp:
    """The algorithm ``first`` for so many ``epochs``, ``then`` the other."""

    def __init__(self, first, epochs, then):
        self.first, self.epochs, self.then = first, epochs, then
        self.state = {**first.state, **then.state}

    def at_epoch(self, epoch):
        return self.first if epoch <= self.epochs else self.then
