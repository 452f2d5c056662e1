"""Measures of painted pictures over the pixels of their holes, picture by picture.

``painted`` and ``picture`` are (batch, 3, 64, 64) in [0, 1] and equal outside of the holes;
``mask`` is (batch, 1, 64, 64), 1 in the holes.  Results are (batch,) float64.
"""

import numpy as np

WINDOW = 7  # pixels, the side of a window of the structural similarity


def l1(painted: np.ndarray, picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean absolute error, over channels and the pixels of the hole."""
    return np.abs(painted - picture).mean(axis=(1, 2, 3), dtype=np.float64, where=mask > 0)


def mse(painted: np.ndarray, picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean squared error, over channels and the pixels of the hole."""
    return np.square(painted - picture).mean(axis=(1, 2, 3), dtype=np.float64, where=mask > 0)


def psnr(error: float | np.ndarray) -> float | np.ndarray:
    """Peak signal-to-noise ratio, −10 · log10(MSE) decibels, of a mean squared error.

    The peak is 1.  Take the mean of the errors of many pictures first: the mean of their
    ratios is another and a larger number.
    """
    with np.errstate(divide='ignore'):  # of no error it is infinite
        return -10 * np.log10(error)


def ssim(painted: np.ndarray, picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean structural similarity, at most 1, over the windows about the pixels of the hole.

    Wang, Bovik, Sheikh and Simoncelli (2004), as scikit-image has it: uniform windows of
    7×7 pixels, channel by channel, data of range 1; at the edge of the picture they are mirrored.

    The windows at the edge of the hole reach three pixels into the surroundings, which are the same
    in both pictures, so the numbers are higher than those of the hole alone; a visible border
    counts.
    """
    # It takes 0.4 s to import, and training measures the squared error alone.
    from skimage.metrics import structural_similarity

    similarities = []
    for hole, *pair in zip(mask[:, 0] > 0, painted, picture):
        # A window must fit even about a hole in the corner.
        near = tuple(
            slice(max(0, places.min() - WINDOW + 1), places.max() + WINDOW)
            for places in np.nonzero(hole)
        )
        _, windows = structural_similarity(
            *(each[:, *near] for each in pair),
            win_size=WINDOW,
            channel_axis=0,
            data_range=1,
            full=True,
        )
        similarities.append(windows[:, hole[near]].mean(dtype=np.float64))
    return np.array(similarities)


def gradient_energy(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean squared difference of neighbouring pixels in the hole, across and down.

    How much fine detail there is.
    """
    first, second = _neighbours(picture)
    return np.square(second - first).mean(
        axis=(1, 2), dtype=np.float64, where=np.logical_and(*_neighbours(mask > 0))
    )


def border_step(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mean absolute difference of neighbouring pixels across the border of the hole.

    A painted picture should step as much as the true one does: less is a blur, more an edge
    that shows where the hole was.
    """
    first, second = _neighbours(picture)
    return np.abs(second - first).mean(
        axis=(1, 2), dtype=np.float64, where=np.logical_xor(*_neighbours(mask > 0))
    )


def _neighbours(array):
    """(batch, channels, pairs) twice: pixels that have one below or to the right, and those."""

    def flat(*parts):
        return np.concatenate([part.reshape(*array.shape[:2], -1) for part in parts], axis=2)

    return (
        flat(array[..., :-1, :], array[..., :, :-1]),
        flat(array[..., 1:, :], array[..., :, 1:]),
    )
