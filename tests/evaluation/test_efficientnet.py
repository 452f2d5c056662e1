"""EfficientNet-Lite0: against the same in PyTorch, and what it was trained to see."""

import unittest

import numpy as np

from ift6266.arrays import read_arrays
from ift6266.evaluation.efficientnet import BLOCKS, LEVELS, WEIGHTS, maps
from tests.support import noise

try:
    import torch
    from torch.nn import functional
except ImportError:
    torch = None


def torch_maps(pictures):
    """The levels' maps, (batch, channels, n, n) float64."""
    weights = {
        name: torch.from_numpy(array.astype(np.float64))
        for name, array in read_arrays(WEIGHTS).items()
    }

    def convolve(values, name, stride=1):
        filters = weights[name + '.W'].permute(3, 2, 0, 1)
        size, length = filters.shape[-1], values.shape[-1]
        padding = max((-(-length // stride) - 1) * stride + size - length, 0)
        before, after = padding // 2, padding - padding // 2
        groups = len(filters) if name.endswith('depthwise') else 1
        padded = functional.pad(values, (before, after, before, after))
        return functional.conv2d(padded, filters, weights[name + '.b'], stride, groups=groups)

    values = functional.relu6(convolve(torch.from_numpy(2 * pictures - 1), 'stem', 2))
    for number, block in enumerate(BLOCKS):
        wide = values
        if block.expansion > 1:
            wide = functional.relu6(convolve(wide, f'{number}.expand'))
        wide = functional.relu6(convolve(wide, f'{number}.depthwise', block.stride))
        narrow = convolve(wide, f'{number}.project')
        values = values + narrow if narrow.shape == values.shape else narrow
        if number in LEVELS:
            yield values.numpy()


def test_shapes_of_table_1():
    assert [level.shape for level in maps(np.zeros((3, 3, 64, 64)))] == [
        (3, 32, 32, 16),
        (3, 16, 16, 24),
        (3, 8, 8, 40),
        (3, 4, 4, 112),
    ]


def test_against_pytorch():
    if torch is None:
        raise unittest.SkipTest('PyTorch is not installed')
    pictures = noise(3, 3, 70, 70) / 255
    for ours, theirs in zip(maps(pictures), torch_maps(pictures)):
        np.testing.assert_allclose(
            ours.transpose(0, 3, 1, 2), theirs, atol=1e-4 * np.abs(theirs).max()
        )


def test_a_picture_alone_is_seen_as_among_others():
    pictures = noise(5, 3, 64, 64) / 255
    for together, alone in zip(maps(pictures), maps(pictures[4:])):
        np.testing.assert_allclose(together[4:], alone, atol=1e-4)
