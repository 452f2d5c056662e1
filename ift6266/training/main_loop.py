"""The main loop: epochs of minibatches through an algorithm, with extensions beside it."""

import time
from collections import deque
from contextlib import ExitStack, closing
from itertools import islice

import numpy as np

from ift6266.data.streams import TrainingStream
from ift6266.training.algorithms import Algorithm


class Extension:
    """Something done beside training; each method is handed the :class:`MainLoop`.

    ``scalars`` are the shared variables that it sets before iterations, which algorithms read.
    """

    scalars = ()

    def before_training(self, loop: 'MainLoop') -> None:
        """Before the first minibatch, or the first after a checkpoint."""

    def before_iteration(self, loop: 'MainLoop') -> None:
        """Before each minibatch."""

    def after_iteration(self, loop: 'MainLoop') -> None:
        """After each minibatch; a device may still compute with it."""

    def after_losses(self, loop: 'MainLoop') -> None:
        """When the losses of an iteration are known; they are in ``loop.losses``."""

    def after_epoch(self, loop: 'MainLoop') -> None:
        """After an epoch; ``loop.log[-1]`` is its record and may be added to."""

    def after_training(self, loop: 'MainLoop') -> None:
        """At the end, also of an interrupted run or one that failed; the last extension first."""


class MainLoop:
    """Trains an algorithm on a stream for a number of epochs.

    Parameters
    ----------
    algorithm
    stream
    epochs
    extensions
        Called in this order.
    at_once
        So many iterations are one call, where the update of the algorithm is a program that has
        ``each``: see :class:`ift6266.backends.xla.composition.Composition`.
    ahead
        So many calls may be under way on a device when the losses of the one before are read.

    Attributes
    ----------
    epoch, iteration : int
        The epoch under way, from 1, and how many of its minibatches are done.
    losses, iteration_of_losses : dict of float, int
        Those of the last iteration of this epoch that they are known of.
    totals, seconds : dict, float
        Sums of the losses in this epoch and the time it took so far.
    log : list of dict
        A record for each complete epoch.
    interrupted : bool
        Set it to end the run after the iteration under way.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        stream: TrainingStream,
        *,
        epochs: int,
        extensions: list[Extension],
        at_once: int = 1,
        ahead: int = 0,
    ):
        self.at_once, self.ahead = at_once, ahead
        self.scalars = [scalar for extension in extensions for scalar in extension.scalars]
        self.algorithm, self.stream, self.epochs = algorithm, stream, epochs
        self.extensions = extensions
        self.epoch, self.iteration = 1, 0
        self.totals, self.seconds = {}, 0.0
        self.losses, self.iteration_of_losses, self._unread = {}, 0, deque()
        self.log = []
        self.interrupted = False

    @property
    def iterations_done(self) -> int:
        return (self.epoch - 1) * self.stream.iterations_per_epoch + self.iteration

    @property
    def iterations(self) -> int:
        return self.epochs * self.stream.iterations_per_epoch

    def run(self) -> None:
        with ExitStack() as ends:
            for extension in self.extensions:
                extension.before_training(self)
                ends.callback(extension.after_training, self)
            while self.epoch <= self.epochs and not self.interrupted:
                self._train_epoch()
                if not self.interrupted:
                    self._end_epoch()

    def _train_epoch(self):
        algorithm = self.algorithm.at_epoch(self.epoch)
        start = time.time() - self.seconds
        self.iteration_of_losses = self.iteration
        with closing(self.stream.epoch(self.epoch, self.iteration)) as minibatches:
            while not self.interrupted:
                some = list(islice(minibatches, self._next_call()))
                if not some:
                    break
                self._unread.append(self._update(algorithm, some))
                self.seconds = time.time() - start
                self.read_losses(self.ahead)
                self._notify('after_iteration')
        self.read_losses()
        self.seconds = time.time() - start

    def _next_call(self):
        """How many iterations the next call does: the last ones of an epoch are single."""
        left = self.stream.iterations_per_epoch - self.iteration
        return self.at_once if left >= self.at_once else 1

    def _update(self, algorithm, minibatches):
        """The losses of iterations with the minibatches, in one call."""
        values = []
        for _ in minibatches:
            self._notify('before_iteration')
            self.iteration += 1
            values.append([scalar.get_value() for scalar in self.scalars])
        if len(minibatches) == 1:
            return algorithm.update(minibatches[0])
        return algorithm.update.each(minibatches, dict(zip(self.scalars, zip(*values))))

    def read_losses(self, ahead: int = 0) -> None:
        """Read the losses, in order, but those of the last ``ahead`` calls.

        That waits until the device has computed them.
        """
        while len(self._unread) > ahead:
            losses = self._unread.popleft()
            for row in zip(*map(np.ravel, losses.values())):
                self.losses = dict(zip(losses, map(float, row)))
                self.iteration_of_losses += 1
                for name, loss in self.losses.items():
                    self.totals[name] = self.totals.get(name, 0.0) + loss
                self._notify('after_losses')

    def _end_epoch(self):
        examples = self.iteration * self.stream.batch_size
        self.log.append({
            'epoch': self.epoch,
            'seconds': self.seconds,
            'examples_per_second': examples / self.seconds,
            **{name: total / self.iteration for name, total in self.totals.items()},
        })
        self.epoch, self.iteration = self.epoch + 1, 0
        self.totals, self.seconds = {}, 0.0
        self._notify('after_epoch')

    def _notify(self, event):
        for extension in self.extensions:
            getattr(extension, event)(self)
