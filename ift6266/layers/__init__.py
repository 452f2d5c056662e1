"""What Lasagne 0.1 lacks, under the names Lasagne gave it later."""
from ift6266.layers.conv import Conv2DLayer, TransposedConv2DLayer
from ift6266.layers.normalization import BatchNormLayer, batch_norm

__all__ = ['BatchNormLayer', 'Conv2DLayer', 'TransposedConv2DLayer', 'batch_norm']
