"""Convolutions by themselves, in the shapes of networks: rows with both gradients."""

from dataclasses import dataclass

import numpy as np

from .minibatches import uniform


@dataclass(frozen=True)
class Shape:
    """A square convolution, or a transposed one, of square feature maps.

    Parameters
    ----------
    taps : int
        Rows and columns of the filters.
    inputs, outputs : int
        Channels.
    size : int
        Rows and columns of the feature maps that it is applied to.
    stride, pad : int
    transposed : bool
    """

    taps: int
    inputs: int
    outputs: int
    size: int
    stride: int
    pad: int
    transposed: bool = False

    @property
    def name(self) -> str:
        kind = 'transposed ' if self.transposed else ''
        stride = f' stride {self.stride}' if self.stride > 1 else ''
        return f'{kind}{self.taps}x{self.taps}{stride} {self.inputs}-{self.outputs} at {self.size}'

    @property
    def output_size(self) -> int:
        if self.transposed:
            return self.stride * (self.size - 1) + self.taps - 2 * self.pad
        return (self.size + 2 * self.pad - self.taps) // self.stride + 1

    @property
    def filters_shape(self) -> tuple[int, ...]:
        """(outputs, inputs, rows, columns), or (inputs, outputs, …) of a transposed one."""
        channels = (self.outputs, self.inputs)[:: -1 if self.transposed else 1]
        return *channels, self.taps, self.taps

    def flop(self, batch: int) -> int:
        """Of the convolution and its two gradients; see :mod:`benchmarking.flops`."""
        positions = (self.size if self.transposed else self.output_size) ** 2
        return 3 * 2 * batch * positions * int(np.prod(self.filters_shape))

    def arrays(self, batch: int) -> tuple[np.ndarray, ...]:
        """Feature maps, filters, and a gradient for the result; channels last in memory."""
        maps, gradient = [
            uniform(batch, size, size, channels).transpose(0, 3, 1, 2)
            for size, channels in (
                (self.size, self.inputs),
                (self.output_size, self.outputs),
            )
        ]
        return maps, uniform(*self.filters_shape) - np.float32(0.5), gradient


REPORT = [
    Shape(4, 32, 64, 32, 2, 1),
    Shape(4, 64, 96, 16, 2, 1),
    Shape(4, 96, 128, 8, 2, 1),
    Shape(4, 128, 96, 4, 2, 1, transposed=True),
    Shape(4, 192, 64, 8, 2, 1, transposed=True),
    Shape(4, 128, 3, 16, 2, 1, transposed=True),
]
# Of Ronneberger et al., Huang et al., Masci et al., Radford et al., Pathak et al., Isola et al.
LITERATURE = [
    Shape(3, 32, 32, 64, 1, 1),
    Shape(3, 128, 64, 32, 1, 1),
    Shape(3, 128, 128, 16, 1, 1),
    Shape(3, 512, 256, 8, 1, 1),
    Shape(3, 512, 512, 4, 1, 1),
    Shape(2, 256, 128, 8, 2, 0, transposed=True),
    Shape(1, 128, 64, 32, 1, 0),
    Shape(3, 80, 16, 64, 1, 1),
    Shape(3, 192, 16, 16, 1, 1),
    Shape(5, 3, 32, 64, 1, 2),
    Shape(5, 32, 48, 32, 1, 2),
    Shape(5, 48, 64, 16, 1, 2),
    Shape(5, 32, 3, 64, 1, 2),
    Shape(5, 128, 256, 16, 2, 2),
    Shape(4, 64, 128, 16, 2, 1),
    Shape(4, 512, 4000, 4, 1, 0),
    Shape(4, 256, 512, 8, 2, 1),
    Shape(4, 512, 512, 2, 2, 1),
    Shape(4, 256, 512, 8, 1, 1),
    Shape(4, 512, 1, 7, 1, 1),
]
SHAPES = {shape.name: shape for shape in REPORT + LITERATURE}
