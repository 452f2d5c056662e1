"""Structural similarity of painted pictures and the true ones."""

import numpy as np

from ift6266.data.hole import BORDER, HOLE, fill

WINDOW = 7
_NEAR = slice(BORDER - WINDOW // 2, BORDER + HOLE + WINDOW // 2)


def ssim(context, painted, target):
    """The mean structural similarity of each picture over the pixels of the hole.

    Wang, Bovik, Sheikh and Simoncelli (2004), as scikit-image has it: uniform windows of
    7×7 pixels, channel by channel, data of range 1.

    The windows are those about each of the 32×32 pixels, so the ones at the edge reach three
    pixels into the surroundings.  On the centre alone, scikit-image leaves out the windows that
    do not fit: the outer three pixels, a third of the centre, would hardly count, and a visible
    border would not count at all.  The surroundings are the same in both pictures, so the
    numbers are higher than those of the centre alone.

    Parameters
    ----------
    context, painted, target : arrays, (batch, 3, 64, 64) and twice (batch, 3, 32, 32), in [0, 1]

    Returns
    -------
    array
        (batch,) float64, at most 1.
    """
    from skimage.metrics import structural_similarity

    pairs = zip(fill(context, painted)[..., _NEAR, _NEAR], fill(context, target)[..., _NEAR, _NEAR])
    return np.array(
        [
            structural_similarity(*pair, win_size=WINDOW, channel_axis=0, data_range=1)
            for pair in pairs
        ],
        np.float64,
    )
