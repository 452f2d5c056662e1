"""The first eleven blocks of EfficientNet-Lite0, a network that was trained on ImageNet.

Tan and Le (2019), *EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks*, table
1; Lite0 has ReLU6 and no squeeze-and-excitation.  It is never trained here, so NumPy suffices.
``tools/convert_features.py`` made the file of its weights.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from ift6266.arrays import read_arrays

WEIGHTS = Path(__file__).with_name('efficientnet.npz')
BATCH = 2  # pictures at a time: their maps fit into the caches


@dataclass(frozen=True)
class Block:
    """An inverted residual block: how much wider it is inside, and the stride of its filters."""

    expansion: int
    stride: int


# Those of 16, 24, 40, 80 and 112 channels.
BLOCKS = (
    Block(1, 1),
    *(Block(6, 2), Block(6, 1)),
    *(Block(6, 2), Block(6, 1)),
    *(Block(6, 2), Block(6, 1), Block(6, 1)),
    *(Block(6, 1), Block(6, 1), Block(6, 1)),
)
# The last block of each size of maps.
LEVELS = (0, 2, 4, 10)


def maps(pictures: np.ndarray) -> list[np.ndarray]:
    """What the blocks in :data:`LEVELS` make of pictures, (batch, 3, size, size) in [0, 1].

    They are (batch, n, n, channels) float32, n being a half, a quarter, an eighth and a sixteenth
    of the size, with 16, 24, 40 and 112 channels.
    """
    batches = [pictures[start : start + BATCH] for start in range(0, len(pictures), BATCH)]
    # Products are small: threads of BLAS would wait for each other most of the time.
    with threadpool_limits(1), ThreadPoolExecutor(os.cpu_count()) as pool:
        return [np.concatenate(level) for level in zip(*pool.map(_maps, batches))]


def _maps(pictures):
    (stem, *blocks), levels = _weights(), []
    values = (2 * pictures.transpose(0, 2, 3, 1) - 1).astype(np.float32)
    values = _relu6(_convolve(values, stem['W'], 2) + stem['b'])
    for number, (block, weights) in enumerate(zip(BLOCKS, blocks)):
        values = _block(values, block, weights)
        if number in LEVELS:
            levels.append(values)
    return levels


@cache
def _weights():
    """The weights of the first convolution and of each block, by their names in it."""
    parts = {}
    for name, array in read_arrays(WEIGHTS).items():
        part, _, rest = name.partition('.')
        parts.setdefault(part, {})[rest] = array.astype(np.float32)
    return list(parts.values())


def _block(values, block, weights):
    wide = values
    if block.expansion > 1:
        wide = _relu6(_times(wide, weights['expand.W'][0, 0]) + weights['expand.b'])
    wide = _convolve_depthwise(wide, weights['depthwise.W'][:, :, 0], block.stride)
    wide = _relu6(wide + weights['depthwise.b'])
    narrow = _times(wide, weights['project.W'][0, 0]) + weights['project.b']
    return values + narrow if narrow.shape == values.shape else narrow


def _times(values, matrix):
    """The product of many short rows, as one of two matrices, which is faster."""
    return (values.reshape(-1, len(matrix)) @ matrix).reshape(*values.shape[:-1], -1)


def _relu6(values):
    return np.clip(values, 0, 6, out=values)


def _shifts(values, size, stride):
    """Yield the places of a filter, and what each sees: 'same' padding, more of it at the end."""
    length = -(-values.shape[1] // stride)
    padding = max((length - 1) * stride + size - values.shape[1], 0)
    before = padding // 2
    edges = (before, padding - before)
    padded = np.pad(values, ((0, 0), edges, edges, (0, 0)))
    last = stride * (length - 1) + 1
    for row in range(size):
        for column in range(size):
            yield (
                (row, column),
                padded[:, row : row + last : stride, column : column + last : stride],
            )


def _convolve(values, filters, stride):
    return sum(
        _times(seen, filters[place]) for place, seen in _shifts(values, len(filters), stride)
    )


def _convolve_depthwise(values, filters, stride):
    total = product = None
    for place, seen in _shifts(values, len(filters), stride):
        if total is None:
            total, product = seen * filters[place], np.empty(seen.shape, seen.dtype)
        else:
            total += np.multiply(seen, filters[place], out=product)
    return total
