"""The report's training algorithms: how a minibatch moves the networks.

An algorithm has ``update(minibatch)``, which trains on a dict of arrays by source and returns the
losses by name, arrays without dimensions; ``state``, lists of all the shared variables that it
moves, by group; and ``at_epoch(epoch)``, the algorithm to use in that epoch.  An update is one
program where the backend makes such: :meth:`ift6266.backends.Backend.program`.
"""

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import get_all_layers, get_all_params
from lasagne.objectives import squared_error

from ift6266.backends import AUTO, Backend
from ift6266.data.streams import TrainingStream
from ift6266.objectives.adversarial import AdversarialLoss
from ift6266.objectives.clipping import Clipping
from ift6266.objectives.wasserstein import WASSERSTEIN
from ift6266.training.steps import (
    Step,
    compile_critic_step,
    compile_generator_step,
    compile_painting,
    compile_preparation,
    compile_reconstruction_step,
)

Minibatch = dict[str, np.ndarray]
Losses = dict[str, np.ndarray]

CLIPPING = Clipping(0.03)  # the report's, with five critic steps


class Algorithm:
    """One that is the same in every epoch."""

    def at_epoch(self, epoch: int) -> 'Algorithm':
        return self


class Reconstruction(Algorithm):
    """The generator alone; the report's first system with the squared error.

    Parameters
    ----------
    generator : Layer
    optimizer
        Of :mod:`ift6266.training.optimizers`.
    reconstruction : callable
        Of :data:`ift6266.objectives.RECONSTRUCTIONS`.
    weights : callable, optional
        mask → weights of pixels in it: :func:`ift6266.training.steps.reconstruction_losses`.
    backend
    """

    def __init__(
        self,
        generator,
        optimizer,
        *,
        reconstruction=squared_error,
        weights=None,
        backend: Backend = AUTO,
    ):
        self.step = compile_reconstruction_step(
            generator, optimizer, reconstruction=reconstruction, weights=weights, backend=backend
        )
        self.update = backend.program(self.step)
        self.state = {
            'generator': get_all_params(generator),
            'reconstruction_optimizer': optimizer.state,
            'random': random_states(generator),
        }


class Adversarial(Algorithm):
    """A generator and a critic; the report's second system with its losses and clipping.

    Arjovsky, Chintala and Bottou (2017), algorithm 1, with these differences of the
    report's: Adam, batch normalization's parameters clipped too, and critic steps
    that all see the minibatch of the generator step.  The generator does not change
    during them, so it paints once for all of them.

    Parameters
    ----------
    generator, critic : Layer
    generator_optimizer, critic_optimizer
        Of :mod:`ift6266.training.optimizers`.
    critic_steps
        For each generator step; of the first ``BEGINNING`` generator steps each, and every
        ``INTERVAL``-th, comes after ``first_critic_steps``, where that is given, as in the code of
        the paper.
    reconstruction, adversarial, constraint
        Of :mod:`ift6266.objectives`: the generator's two losses, the critic's loss and bounds.
    weights : callable, optional
        mask → weights of pixels in the reconstruction loss, as for :class:`Reconstruction`.
    weight : float or shared scalar
        Of the adversarial loss in the generator's.
    joint
        Whether the critic sees photographs and painted pictures as one minibatch.
    backend
    """

    BEGINNING, INTERVAL = 25, 500

    def __init__(
        self,
        generator,
        critic,
        *,
        generator_optimizer,
        critic_optimizer,
        critic_steps: int = 5,
        first_critic_steps: int | None = None,
        reconstruction=squared_error,
        weights=None,
        adversarial: AdversarialLoss = WASSERSTEIN,
        constraint=CLIPPING,
        weight=1,
        joint: bool = False,
        backend: Backend = AUTO,
    ):
        self.backend = backend
        self.updates = theano.shared(0, 'updates')
        self.paint = compile_painting(generator, backend)
        self.critic_step = compile_critic_step(
            generator,
            critic,
            critic_optimizer,
            adversarial=adversarial,
            constraint=constraint,
            joint=joint,
            backend=backend,
        )
        self.generator_step = compile_generator_step(
            generator,
            critic,
            generator_optimizer,
            reconstruction=reconstruction,
            weights=weights,
            adversarial=adversarial,
            weight=weight,
            joint=joint,
            backend=backend,
        )
        first = first_critic_steps or critic_steps
        more = (self.updates < self.BEGINNING) | T.eq(self.updates % self.INTERVAL, 0)
        self.count_steps = backend.compile(
            [],
            T.switch(more, first, critic_steps),
            'number of critic steps',
            updates={self.updates: self.updates + 1},
        )
        report = constraint.report(get_all_params(critic, trainable=True))
        self.report = Step({}, report, 'report of the constraint', backend=backend)
        self.update = backend.program(self._update)
        self.state = {
            'generator': get_all_params(generator),
            'critic': get_all_params(critic),
            'generator_optimizer': generator_optimizer.state,
            'critic_optimizer': critic_optimizer.state,
            'constraint': list(constraint.state),
            'progress': [self.updates],
            'random': random_states(generator) + random_states(critic),
        }

    def _update(self, minibatch):
        minibatch = {**minibatch, 'painted': self.paint(minibatch)}
        critic_losses = self.backend.repeat(self.count_steps(), self.critic_step, minibatch)
        return {**critic_losses, **self.generator_step(minibatch), **self.report(minibatch)}


def random_states(network) -> list:
    """The shared variables that the network's random numbers come of."""
    return [
        state for layer in get_all_layers(network) for state in getattr(layer, 'random_states', [])
    ]


class WarmUp:
    """The algorithm ``first`` for so many ``epochs``, ``then`` the other."""

    def __init__(self, first: Algorithm, epochs: int, then: Algorithm):
        self.first, self.epochs, self.then = first, epochs, then
        self.state = {
            group: list(dict.fromkeys(first.state.get(group, []) + then.state.get(group, [])))
            for group in {**first.state, **then.state}
        }

    def at_epoch(self, epoch: int) -> Algorithm:
        return self.first if epoch <= self.epochs else self.then


class Around(Algorithm):
    """An algorithm, and what is done around each of its updates, as one program with it."""

    def __init__(self, algorithm: Algorithm, backend: Backend):
        self.algorithm, self.backend, self._updates = algorithm, backend, {}
        self.state = algorithm.state

    def at_epoch(self, epoch: int) -> Algorithm:
        update = self.algorithm.at_epoch(epoch).update
        if update not in self._updates:
            self._updates[update] = self.backend.program(partial(self.around, update))
        self.update = self._updates[update]
        return self

    def around(self, update: Callable[[Minibatch], Losses], minibatch: Minibatch) -> Losses:
        """Call ``update``, and do the rest."""
        raise NotImplementedError


class Prepared(Around):
    """An algorithm whose updates begin with the raw minibatches of a ``stream``."""

    def __init__(self, algorithm: Algorithm, stream: TrainingStream, *, backend: Backend = AUTO):
        super().__init__(algorithm, backend)
        self.prepare = compile_preparation(stream, backend)

    def around(self, update, minibatch):
        return update({**minibatch, **self.prepare(minibatch)})


class Averaged(Around):
    """An algorithm, and after each of its updates a moving average of the generator's parameters.

    ``average``, a network like ``generator``, has these: what it paints does not swing with the
    last minibatches (Polyak and Juditsky 1992; Yazıcı et al. 2019 for GANs).  The n-th update
    keeps the share min(``decay``, n / (n + 9)) of what the average was, so that the first
    weights are soon forgotten.
    """

    def __init__(
        self, algorithm: Algorithm, generator, *, average, decay: float, backend: Backend = AUTO
    ):
        super().__init__(algorithm, backend)
        self.count = count = theano.shared(np.asarray(0, theano.config.floatX), 'updates')
        kept = T.minimum(T.cast(decay, count.dtype), (count + 1) / (count + 10))
        updates = OrderedDict(
            (mean, kept * mean + (1 - kept) * param)
            for mean, param in zip(get_all_params(average), get_all_params(generator))
        )
        updates[count] = count + 1
        self.advance = backend.compile([], [], 'average', updates=updates)
        self.state = {**algorithm.state, 'average': list(updates)}

    def around(self, update, minibatch):
        losses = update(minibatch)
        self.advance()
        return losses
