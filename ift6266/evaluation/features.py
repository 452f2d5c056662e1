"""How far painted pictures are from true ones to a network that was trained on photographs.

The network sees whole pictures, with what was painted in their holes, at half of their resolution:
there grain averages out.  At full resolution noise of a standard deviation of 12 of 255, put on
what L2 paints, brings it nearer to the photographs; at half, hardly (docs/models.md).
"""

from functools import cache

import numpy as np
from PIL import Image

from ift6266.errors import InputError
from ift6266.evaluation.efficientnet import maps
from ift6266.holes import SIZE

SEEN_SIZE = 128  # pixels, as large as the network is given its pictures
LEAST = 128  # pictures, more than there are numbers in a picture's vector
SMALL = 1e-10  # keeps the length of maps that are zero from dividing


@cache
def _rescaling():
    """The matrix, (128, 64), that halves lines of pixels and enlarges them."""
    identity = Image.fromarray(np.eye(SIZE, dtype=np.float32)).reduce((1, 2))
    return np.asarray(identity.resize((SIZE, SEEN_SIZE), Image.Resampling.BICUBIC))


def features(pictures: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """What the network makes of pictures, (batch, 3, 64, 64) in [0, 1].

    Their :func:`normalized` maps, and a vector for each, (batch, 112): the means of the last maps.
    """
    # One product of many rows along each axis: a product for each picture takes five times as long.
    wide = np.tensordot(pictures.astype(np.float32), _rescaling(), (3, 1))
    levels = maps(np.tensordot(wide, _rescaling(), (2, 1)).swapaxes(2, 3))
    return normalized(levels), levels[-1].mean(axis=(1, 2))


def normalized(levels: list[np.ndarray]) -> list[np.ndarray]:
    """Maps, (batch, n, n, channels), whose numbers at each place have the length 1.

    Zhang et al. (2018), "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric".
    """
    lengths = [np.linalg.norm(each, axis=-1, keepdims=True) for each in levels]
    return [each / (length + SMALL) for each, length in zip(levels, lengths)]


def feature_distance(painted: list[np.ndarray], true: list[np.ndarray]) -> np.ndarray:
    """The mean squared difference of maps, as :func:`normalized` gives them: (batch,) float64.

    Over the places of each level and over the levels; 2 where the maps have nothing in common.
    Zhang et al. (2018), equation 1 with equal weights.
    """
    levels = [
        np.square(ours - theirs, dtype=np.float64).sum(axis=-1).mean(axis=(1, 2))
        for ours, theirs in zip(painted, true)
    ]
    return np.mean(levels, axis=0)


def frechet_shares(painted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Each pair's share in the Fréchet distance of painted pictures from true ones.

    The distance is \\|m − n\\|² + tr(C + D − 2 (C D)^½), m and n being the means of the two sets of
    vectors, C and D their covariances (Heusel et al. 2017, section 2).  Its mean over the pairs is
    the distance; resampled means are, to the first order, the distances of other pairs, for a
    share is how the distance changes with the weight of its pair.

    Parameters
    ----------
    painted, true : (pictures, numbers)

    Returns
    -------
    array
        (pictures,) float64.

    Raises
    ------
    InputError
        Of fewer than 128 pictures.
    """
    if len(true) < LEAST:
        raise InputError(
            f'the Fréchet distance of features takes {LEAST} pictures or more, not {len(true)}'
        )
    (offsets, covariance), (true_offsets, true_covariance) = map(_moments, (painted, true))
    between = painted.mean(axis=0, dtype=np.float64) - true.mean(axis=0, dtype=np.float64)
    root, inverse = _roots(true_covariance)
    middle, inverse_middle = _roots(root @ covariance @ root)
    distance = between @ between + np.trace(covariance + true_covariance) - 2 * np.trace(middle)
    # The derivative of the trace of the middle by either covariance is half of these.
    by_painted = root @ inverse_middle @ root
    by_true = inverse @ middle @ inverse
    return (
        distance
        + 2 * (offsets - true_offsets) @ between
        + _changes(offsets, covariance, by_painted)
        + _changes(true_offsets, true_covariance, by_true)
    )


def _moments(vectors):
    """Each vector less the mean, and their covariance, of float64."""
    offsets = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    return offsets, offsets.T @ offsets / len(vectors)


def _roots(matrix):
    """The square root of a symmetric matrix without negative eigenvalues, and its inverse.

    Eigenvalues that are zero but for rounding have none.
    """
    values, vectors = np.linalg.eigh(matrix)
    sound = values > 1e-10 * values.max()
    roots = np.sqrt(np.where(sound, values, 0))
    inverses = np.divide(1, roots, out=np.zeros_like(roots), where=sound)
    return (vectors * roots) @ vectors.T, (vectors * inverses) @ vectors.T


def _changes(offsets, covariance, slope):
    """How tr(C) − tr(C · slope) changes when C gets more of each of the vectors."""
    left = np.eye(len(slope)) - slope
    return np.einsum('ni,ij,nj->n', offsets, left, offsets) - np.sum(left * covariance)
