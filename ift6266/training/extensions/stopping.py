"""Ends a run before its last epoch: on request, or on a loss that is not finite."""

import math
import signal

from ift6266.distributed import this_process
from ift6266.errors import InputError
from ift6266.training.main_loop import Extension, MainLoop


class StopOnSignal(Extension):
    """Ctrl-C and SIGTERM end the run after the iteration under way, in all its processes.

    ``received`` is the signal's number, or 0; a second signal of the kind ends the
    process at once.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self):
        self.received = 0

    def before_training(self, loop: MainLoop) -> None:
        def stop(number, frame):
            self.received = number
            # Several processes stop together, in after_iteration.
            loop.interrupted = this_process().world_size == 1
            signal.signal(number, self.handlers[number])

        self.handlers = {number: signal.signal(number, stop) for number in self.SIGNALS}

    def after_iteration(self, loop: MainLoop) -> None:
        self.received = this_process().maximum(self.received)
        loop.interrupted = loop.interrupted or bool(self.received)

    def after_training(self, loop: MainLoop) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)


class StopOnNonFiniteLoss(Extension):
    """Raises :class:`InputError` where a loss is infinite or not a number."""

    def after_iteration(self, loop: MainLoop) -> None:
        for name, loss in loop.losses.items():
            if not math.isfinite(loss):
                raise InputError(
                    f'{name} is {loss} at iteration {loop.iteration} of epoch {loop.epoch}; the '
                    'last checkpoint is kept: try another run with a lower --learning-rate'
                )
