"""How far painted texture is from true texture: the sliced Wasserstein distance of patches.

The patches are from each level of the Laplacian pyramid, which takes pictures apart by the size of
their detail.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import convolve1d

from ift6266.errors import InputError

LEVELS = (32, 16)  # pixels, the sides of a hole in the pyramid
SIDE = 7  # of a patch
PATCHES = 16  # of a picture, on each level; they hold about as many pixels as a hole
DIRECTIONS = 512
BLOCK = 16  # directions projected on at once
LEAST, MOST = 64, 4096  # pictures
BINOMIAL = np.array([1, 4, 6, 4, 1], np.float32) / 16


def sliced_wasserstein(
    painted: np.ndarray, true: np.ndarray, seed: int = 1
) -> tuple[np.ndarray, ...]:
    """Each picture's share in the distances of painted patches from true ones.

    Karras, Aila, Laine and Lehtinen (2018), *Progressive Growing of GANs*, section 5: patches of
    7×7 pixels and 3 channels are taken from each level of the Laplacian pyramid and projected on
    random directions; along each, the Wasserstein distance of the two sets of numbers is that
    between them in sorted order.  The mean over the directions is the distance.

    Where this differs:

    - Patches are 16 a picture, not 128, which were for pictures of 1024×1024 pixels.  They are
      taken at the same places of painted and true pictures.
    - Both sets are normalized by the channel means and deviations of the true one.  The paper's
      code normalizes each by its own: a tenth of the true detail would then count as all of it,
      and none as rounding errors blown up.
    - The 512 directions are drawn at once, not as 4 times 128.

    Parameters
    ----------
    painted, true : (pictures, 3, 32, 32)
        What is in their holes, the same number of each.  Of more than 4096 only so many are
        measured, spread evenly.
    seed
        Of the places and the directions.

    Returns
    -------
    tuple of arrays
        (pictures,) float64 for 32 pixels and for 16.  Their mean is the distance; resampled
        means are, to the first order, the distances with other pictures, since a share is how
        the distance changes with the weight of its picture.  That holds for distances well
        above those of :func:`floor`.

    Raises
    ------
    InputError
        If the holes are of another size, there are fewer than 64, or the true ones are flat.
    """
    if true.shape[2:] != 2 * LEVELS[:1]:
        raise InputError(
            f'the sliced Wasserstein distance takes holes of {LEVELS[0]}×{LEVELS[0]} pixels'
        )
    if len(true) < LEAST:
        raise InputError(
            f'the sliced Wasserstein distance takes {LEAST} pictures or more, not {len(true)}'
        )
    chosen = np.linspace(0, len(true) - 1, min(MOST, len(true))).astype(int)
    levels = zip(*(laplacian_pyramid(pixels[chosen], len(LEVELS)) for pixels in (painted, true)))
    return tuple(_level_shares(*pair, np.random.RandomState(seed)) for pair in levels)


def floor(true: np.ndarray, seed: int = 1) -> tuple[np.ndarray, ...]:
    """:func:`sliced_wasserstein` between two halves of the true pixels, drawn at random.

    What is left between sets that differ in nothing but their pictures.
    """
    order = np.random.RandomState(seed).permutation(len(true))
    half = len(true) // 2
    if half < LEAST:
        raise InputError(
            f'the sliced Wasserstein distance between halves takes {2 * LEAST} pictures or '
            f'more, not {len(true)}'
        )
    return sliced_wasserstein(true[order[:half]], true[order[half : 2 * half]], seed)


def distance_shares(painted: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Each pair's share in the Wasserstein distance of two sets of as many numbers.

    The distance is the integral of \\|F − G\\| over x, F and G being the shares of the painted
    and of the true numbers up to x.  With the potential u, whose slope is the sign of F − G,
    it is the mean of u(true) − u(painted).

    Two arrays, (numbers,), in any order → (numbers,) float64.
    """
    count = len(true)
    values = np.concatenate([painted, true])
    order = np.argsort(values)
    slopes = np.sign(np.cumsum(np.where(order < count, 1, -1))[:-1])
    potential = np.zeros(2 * count)
    potential[order[1:]] = np.cumsum(slopes * np.diff(values[order]), dtype=np.float64)
    return potential[count:] - potential[:count]


def laplacian_pyramid(images: np.ndarray, levels: int) -> list[np.ndarray]:
    """What each level adds to the next coarser one, and last the coarsest itself.

    Burt and Adelson (1983), *The Laplacian Pyramid as a Compact Image Code*, with the
    binomial filter of five taps in both directions, and pictures mirrored about their
    outermost pixels.

    Parameters
    ----------
    images : (batch, 3, height, width) float
        Sides that can be halved ``levels − 1`` times.
    levels

    Returns
    -------
    list of float32 arrays
        (batch, 3, height, width), then of half that height and width, and so on.  Enlarging
        the last by :func:`enlarge`, adding the one before it, and so on gives the pictures.
    """
    pyramid = [np.asarray(images, np.float32)]
    for _ in range(levels - 1):
        coarser = _blur(pyramid[-1])[..., ::2, ::2]
        pyramid[-1] = pyramid[-1] - enlarge(coarser)
        pyramid.append(coarser)
    return pyramid


def enlarge(images: np.ndarray) -> np.ndarray:
    """Pictures at twice their height and width, the new pixels interpolated."""
    batch, channels, height, width = images.shape
    spaced = np.zeros((batch, channels, 2 * height, 2 * width), images.dtype)
    spaced[..., ::2, ::2] = images
    return 4 * _blur(spaced)


def _level_shares(painted, true, random):
    """(pictures,): the shares of the pictures on one level of the pyramid."""
    rows, columns = random.randint(true.shape[2] - SIDE + 1, size=(2, len(true), PATCHES))
    directions = random.normal(size=(DIRECTIONS, true.shape[1] * SIDE**2)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    mean = true.mean(axis=(0, 2, 3), keepdims=True)
    deviation = true.std(axis=(0, 2, 3), keepdims=True)
    if not deviation.all():
        raise InputError(
            'the sliced Wasserstein distance takes true pictures with some detail; '
            f'these are flat at {true.shape[2]}×{true.shape[2]} pixels'
        )
    levels = [(level - mean) / deviation for level in (painted, true)]
    patches = [_patches(level, rows, columns) for level in levels]

    def shares(block):
        lines = zip(*(block @ each.T for each in patches))
        return sum(distance_shares(*line) for line in lines).reshape(-1, PATCHES).mean(axis=1)

    blocks = np.split(directions, range(BLOCK, DIRECTIONS, BLOCK))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        total = sum(threads.map(shares, blocks)) / DIRECTIONS
    # With other pictures the deviation, by which all is divided, is another too.
    variance = np.square(levels[1]).mean(axis=(1, 2, 3), dtype=np.float64)
    return total - total.mean() * (variance - variance.mean()) / 2


def _patches(level, rows, columns):
    """(pictures · PATCHES, 147): patches by their upper left corners, (pictures, PATCHES)."""
    windows = sliding_window_view(level, (SIDE, SIDE), axis=(2, 3))
    numbers = np.arange(len(level))[:, np.newaxis]
    return windows[numbers, :, rows, columns].reshape(rows.size, -1)


def _blur(images):
    for axis in (2, 3):
        images = convolve1d(images, BINOMIAL, axis, mode='mirror')
    return images
