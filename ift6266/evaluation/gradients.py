"""How much fine detail a centre has: the energy of its gradients."""

import numpy as np


def gradient_energy(centre):
    """The mean squared difference of each picture's neighbouring pixels.

    Forward differences, down and to the right, within the centre.

    (batch, 3, 32, 32) in [0, 1] → (batch,) float64.
    """
    return (
        np.square(np.diff(centre, axis=2)).mean(axis=(1, 2, 3), dtype=np.float64)
        + np.square(np.diff(centre, axis=3)).mean(axis=(1, 2, 3), dtype=np.float64)
    ) / 2
