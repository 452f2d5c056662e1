"""Dropout whose random numbers can be saved and go on."""

import lasagne


class DropoutLayer(lasagne.layers.DropoutLayer):
    """Lasagne's, with the states of its random numbers at hand for checkpoints.

    In training each number is zero with probability p, else 1 / (1 − p) of itself (Srivastava et
    al. 2014); with ``deterministic=True`` nothing is dropped.
    """

    @property
    def random_states(self) -> list:
        """Shared variables, one for each output that was asked of the layer in training."""
        states = [state for state, *_ in self._srng.state_updates]
        for number, state in enumerate(states, start=1):
            state.name = f'{self.name}.random{number}'
        return states
