"""Random numbers in a network: dropout whose numbers can be saved and go on, and fixed noise."""

import lasagne
import numpy as np
import theano.tensor as T
from lasagne.init import Constant


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


class NoiseLayer(lasagne.layers.Layer):
    """Maps with fixed noise, of which each map learns how much it takes: input + strength · noise.

    A network without it paints even ground evenly or in rows, since all places look alike to it.
    The noise is that of Karras et al. (2019, *StyleGAN*, section 3.2), one normal number for each
    place and the same for all maps and pictures, here always the same; ``strength`` begins at zero.

    Parameters
    ----------
    incoming : Layer
        (batch, channels, rows, columns), as the layer's output.
    seed : int
        Of the noise.
    """

    def __init__(self, incoming, seed=1, strength=Constant(0), **kwargs):
        super().__init__(incoming, **kwargs)
        _, channels, rows, columns = self.input_shape
        self.noise = np.random.RandomState(seed).normal(size=(1, 1, rows, columns))
        self.strength = self.add_param(strength, (channels,), name='strength', noise=True)

    def get_output_for(self, input, **kwargs):
        noise = T.constant(self.noise, dtype=input.dtype)
        return input + self.strength.dimshuffle('x', 0, 'x', 'x') * noise
