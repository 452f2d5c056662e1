"""Arrays laid out as the kernels read them."""

import numpy as np
from numpy import ndarray


def dense(array: ndarray) -> ndarray:
    """The array, or a C-contiguous copy where it has another layout."""
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def evenly_spaced(maps: ndarray) -> ndarray:
    """The feature maps, or a C-contiguous copy where their pixels are not evenly spaced.

    They are in C-contiguous feature maps, and in adjacent channels of wider ones.
    """
    batch, height, width, channel = maps.strides
    even = (
        channel == maps.itemsize
        and height == width * maps.shape[2]
        and batch == height * maps.shape[1]
    )
    return maps if even else dense(maps)
