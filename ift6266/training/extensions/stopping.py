"""Ends a run before its last epoch: on request, or where it diverges."""

import math
import signal

import numpy as np

from ift6266.distributed import this_process
from ift6266.errors import InputError
from ift6266.training.main_loop import Extension, MainLoop

REMEDY = (
    'the training diverges; what was saved before is kept: begin again with a lower '
    '--learning-rate and another --output'
)


class StopOnSignal(Extension):
    """Signals end the run after the iteration under way, in all its processes.

    Ctrl-C, SIGTERM, and SIGHUP, which a terminal sends that is closed, unless nohup lets the
    process ignore it.  ``received`` is the signal's number, or 0; a second signal of the kind ends
    the process at once.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self):
        self.received = 0

    def before_training(self, loop: MainLoop) -> None:
        def stop(number, frame):
            self.received = number
            # Several processes stop together, in after_iteration.
            loop.interrupted = this_process().world_size == 1
            signal.signal(number, self.handlers[number])

        self.handlers = {
            number: signal.signal(number, stop)
            for number in self.SIGNALS
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
        }

    def after_iteration(self, loop: MainLoop) -> None:
        self.received = this_process().maximum(self.received)
        loop.interrupted = loop.interrupted or bool(self.received)

    def after_training(self, loop: MainLoop) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)


class StopOnDivergence(Extension):
    """Raises :class:`InputError` where a number is infinite or none.

    That is a loss of an iteration; the held-out error or a parameter after an epoch.  It comes
    after what measures that error, and before what saves.
    """

    def after_losses(self, loop: MainLoop) -> None:
        for name, loss in loop.losses.items():
            if not math.isfinite(loss):
                raise InputError(
                    f'{name} is {loss} at iteration {loop.iteration_of_losses} of epoch '
                    f'{loop.epoch}; {REMEDY}'
                )

    def after_epoch(self, loop: MainLoop) -> None:
        epoch, error = loop.log[-1]['epoch'], loop.log[-1].get('valid_mse', 0.0)
        if not math.isfinite(error):
            raise InputError(f'valid_mse is {error} after epoch {epoch}; {REMEDY}')
        require_finite(loop)


def require_finite(loop: MainLoop) -> None:
    """Raise :class:`InputError` where a shared variable of the algorithm is not all finite."""
    for group, variables in loop.algorithm.state.items():
        for variable in variables:
            if not np.isfinite(variable.get_value(borrow=True)).all():
                raise InputError(f'{variable.name} of the {group} is no longer finite; {REMEDY}')
