"""Seams: steps of colour at the border of a hole, which are evened out inside of it."""

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_cdt, gaussian_filter


def even_out(picture: np.ndarray, painted: np.ndarray, hole: np.ndarray, *, width: int) -> None:
    """Spread the step at the border of a hole over some pixels inside, in place.

    The step is by how much the known pixels at the border differ from what the painting has for
    them; it is averaged along the border by a Gaussian of a quarter of the width.

    Parameters
    ----------
    picture : (height, width, 3) uint8
        The hole is filled by the painting; it alone changes.
    painted : (height, width, 3) uint8
    hole : (height, width) bool
    width : int
        Of what changes, in pixels; it changes the less the deeper it is in the hole.
    """
    border = binary_dilation(hole) & ~hole
    near = tuple(
        slice(max(0, places.min() - width), places.max() + width + 1) for places in np.nonzero(hole)
    )
    picture, painted, border = picture[near], painted[near], border[near]
    depth = distance_transform_cdt(hole[near])
    changed = (depth > 0) & (depth < width)
    share = (width - depth[changed]) / (width - 1)
    count = gaussian_filter(border.astype(np.float32), width / 4)[changed]
    for colour in range(3):
        step = np.where(border, picture[..., colour] - painted[..., colour].astype(np.float32), 0)
        mean = np.divide(
            gaussian_filter(step, width / 4)[changed],
            count,
            out=np.zeros_like(count),
            where=count > 0,
        )
        evened = np.clip(picture[changed, colour] + share * mean, 0, 255)
        picture[changed, colour] = np.rint(evened).astype(np.uint8)
