"""Minibatches as evaluation streams give them, and holes of all kinds."""

import numpy as np

from ift6266.holes import centre, cut, rectangle, strokes


def minibatch(pictures, holes=None):
    """Of pictures, (batch, 3, 64, 64), with ``holes``, (batch, 64, 64) or (64, 64) bool."""
    holes = np.broadcast_to(centre() if holes is None else holes, (len(pictures), 64, 64))
    return {
        'context': cut(pictures, holes),
        'mask': holes[:, np.newaxis].astype(pictures.dtype),
        'picture': pictures,
    }


def all_kinds():
    """Five holes: the centre, rectangles, strokes, one of them in a corner, one pixel there."""
    random = np.random.RandomState(5)
    corner, pixel = np.zeros((2, 64, 64), bool)
    corner[:9, 50:] = pixel[63, 0] = True
    return np.stack([centre(), rectangle(random), strokes(random), strokes(random) | corner, pixel])


def noise_minibatch(holes, dtype=np.float64, seed=1):
    """Of uniform noise, a picture for each hole."""
    pictures = np.random.RandomState(seed).uniform(size=(len(holes), 3, 64, 64)).astype(dtype)
    return minibatch(pictures, holes)


def painted_noise(batch, seed=2):
    """Pictures of a minibatch whose holes are painted with other noise."""
    noise = np.random.RandomState(seed).uniform(size=batch['picture'].shape)
    return np.where(batch['mask'] > 0, noise, batch['picture']).astype(batch['picture'].dtype)
