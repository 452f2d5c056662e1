"""Random minibatches, the same for both sides: time does not depend on what is in them."""

import numpy as np


def uniform(*shape: int) -> np.ndarray:
    return np.random.RandomState(0).uniform(size=shape).astype('float32')


def training_minibatch(batch: int, captions: bool = False) -> dict[str, np.ndarray]:
    """What a generator is trained on: ``context``, ``caption`` where asked for, and ``centre``.

    (batch, 3, 64, 64) in [0, 1] with a blank centre, (batch, 300) of unit standard deviation,
    (batch, 3, 32, 32) in [0, 1]; all float32.
    """
    context = uniform(batch, 3, 64, 64)
    centre = context[:, :, 16:48, 16:48].copy()
    context[:, :, 16:48, 16:48] = 0
    if not captions:
        return {'context': context, 'centre': centre}
    caption = np.random.RandomState(1).normal(size=(batch, 300)).astype('float32')
    return {'context': context, 'caption': caption, 'centre': centre}


def critic_minibatch(batch: int) -> dict[str, np.ndarray]:
    """The same with ``painted``, (batch, 3, 32, 32) in [0, 1], which a critic takes as well."""
    return {**training_minibatch(batch), 'painted': uniform(batch, 3, 32, 32)}


def pictures(batch: int) -> np.ndarray:
    """A training set in memory of 16 minibatches or more, (N, 3, 64, 64) uint8."""
    number = max(4096, 16 * batch)
    return np.random.RandomState(0).randint(0, 256, (number, 3, 64, 64), dtype='uint8')
