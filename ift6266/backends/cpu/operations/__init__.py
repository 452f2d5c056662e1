"""Theano operations over the kernels.

Here feature maps are ``(batch, height, width, channel)`` float32, where Theano and Lasagne
write ``(batch, channel, height, width)``.  Results are new and C-contiguous, unless their
operation says otherwise; arguments may have any layout, and are copied where a kernel cannot
read it.

No operation has a gradient: they are put into graphs that have their gradients already.  Except
for the elementwise rectifiers they call the kernels from Python, so that there is nothing to
compile.
"""

from ift6266.backends.cpu.operations.activations import Rectify, RectifyGrad, Sigmoid, Tanh
from ift6266.backends.cpu.operations.adam import Adam
from ift6266.backends.cpu.operations.channels import (
    ChannelsLast,
    Concatenate,
    SplitChannels,
    SumChannels,
)
from ift6266.backends.cpu.operations.convolution import (
    Convolution,
    ConvolutionGradInputs,
    ConvolutionGradWeights,
)
from ift6266.backends.cpu.operations.normalization import Affine, Normalize, NormalizeGrad
from ift6266.backends.cpu.operations.windows import Enlarge, MaxPool, MaxPoolGrad, SumWindows

__all__ = [
    'Adam',
    'Affine',
    'ChannelsLast',
    'Concatenate',
    'Convolution',
    'ConvolutionGradInputs',
    'ConvolutionGradWeights',
    'Enlarge',
    'MaxPool',
    'MaxPoolGrad',
    'Normalize',
    'NormalizeGrad',
    'Rectify',
    'RectifyGrad',
    'Sigmoid',
    'SplitChannels',
    'SumChannels',
    'SumWindows',
    'Tanh',
]
