"""The learning rate over a run."""
import numpy as np

from ift6266.training.main_loop import Extension


class LinearDecay(Extension):
    """Lets a shared ``learning_rate`` fall linearly to zero over the second half of the run."""

    def __init__(self, learning_rate):
        self.learning_rate = learning_rate
        self.initial = float(learning_rate.get_value())

    def before_iteration(self, loop):
        left = 1 - loop.iterations_done / loop.iterations
        value = self.initial * min(1, 2 * left)
        self.learning_rate.set_value(np.asarray(value, dtype=self.learning_rate.dtype))
