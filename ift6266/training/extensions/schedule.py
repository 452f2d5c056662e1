"""Numbers that change over a run: learning rates, the weight of a term."""

import numpy as np

from ift6266.training.main_loop import Extension, MainLoop


class LinearDecay(Extension):
    """Lets a shared ``scalar`` fall linearly to zero over the second half of a span of epochs.

    The span is what comes after ``start`` epochs and ends with epoch ``end``.
    """

    def __init__(self, scalar, start: int, end: int):
        self.scalar, self.start, self.end = scalar, start, end
        self.scalars = (scalar,)
        self.initial = float(scalar.get_value())

    def before_iteration(self, loop: MainLoop) -> None:
        left = (self.end - _epochs_done(loop)) / (self.end - self.start)
        _set(self.scalar, self.initial * min(1, max(0, 2 * left)))


class LinearRise(Extension):
    """Lets a shared ``scalar`` rise linearly from zero: after ``start`` epochs, for ``epochs``."""

    def __init__(self, scalar, start: int, epochs: int):
        self.scalar, self.start, self.epochs = scalar, start, epochs
        self.scalars = (scalar,)
        self.final = float(scalar.get_value())

    def before_iteration(self, loop: MainLoop) -> None:
        _set(self.scalar, self.final * min(1, (_epochs_done(loop) - self.start) / self.epochs))


def _epochs_done(loop):
    return loop.iterations_done / loop.stream.iterations_per_epoch


def _set(scalar, value):
    scalar.set_value(np.asarray(value, scalar.dtype))
