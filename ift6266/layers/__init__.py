"""What Lasagne 0.1 lacks, under the names Lasagne gave it later."""

from ift6266.layers.conv import Conv2DLayer, TransposedConv2DLayer
from ift6266.layers.noise import DropoutLayer
from ift6266.layers.normalization import (
    AffineLayer,
    BatchNormLayer,
    StandardizationLayer,
    batch_norm,
    instance_norm,
    layer_norm,
)
from ift6266.layers.upscale import Upscale2DLayer
from ift6266.layers.views import BlurLayer, DetailLayer, FillLayer, SurroundingsLayer

__all__ = [
    'AffineLayer',
    'BatchNormLayer',
    'BlurLayer',
    'Conv2DLayer',
    'DetailLayer',
    'DropoutLayer',
    'FillLayer',
    'StandardizationLayer',
    'SurroundingsLayer',
    'TransposedConv2DLayer',
    'Upscale2DLayer',
    'batch_norm',
    'instance_norm',
    'layer_norm',
]
