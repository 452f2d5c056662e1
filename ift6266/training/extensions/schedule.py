"""Numbers that change over a run: learning rates, the weight of a term."""

import math

import numpy as np

from ift6266.training.main_loop import Extension, MainLoop


class Schedule(Extension):
    """Sets a shared ``scalar`` before each iteration to a share of what it was at first.

    The span of its change is what comes after ``start`` epochs and ends with epoch ``end``.
    """

    def __init__(self, scalar, start: int, end: int):
        self.scalars = (scalar,)
        self.start, self.end = start, end
        self.value = float(scalar.get_value())

    def before_iteration(self, loop: MainLoop) -> None:
        epochs = loop.iterations_done / loop.stream.iterations_per_epoch
        passed = min(1, max(0, (epochs - self.start) / (self.end - self.start)))
        (scalar,) = self.scalars
        scalar.set_value(np.asarray(self.value * self.share(passed), scalar.dtype))

    def share(self, passed: float) -> float:
        """Of the first value, when the share ``passed`` of the span is over."""
        raise NotImplementedError


class LinearRise(Schedule):
    """From zero, as a line."""

    def share(self, passed):
        return passed


class LinearDecay(Schedule):
    """To zero, as a line over the second half of the span."""

    def share(self, passed):
        return min(1, 2 * (1 - passed))


class CosineDecay(Schedule):
    """To zero along half a cosine (Loshchilov and Hutter 2017, equation 5, without restarts)."""

    def share(self, passed):
        return (1 + math.cos(math.pi * passed)) / 2
