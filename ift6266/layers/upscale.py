"""Upscaling of feature maps without a convolution."""

import lasagne
import theano.tensor as T


class Upscale2DLayer(lasagne.layers.Layer):
    """Repeats every pixel: (batch, channels, n, n) → (batch, channels, n·factor, n·factor).

    Lasagne's later ``Upscale2DLayer`` in its mode 'repeat', with one factor for rows and columns.

    Parameters
    ----------
    incoming : Layer
    scale_factor : int
    """

    def __init__(self, incoming, scale_factor, **kwargs):
        super().__init__(incoming, **kwargs)
        self.scale_factor = scale_factor

    def get_output_shape_for(self, input_shape):
        *leading, rows, columns = input_shape
        return (
            *leading,
            *(None if side is None else side * self.scale_factor for side in (rows, columns)),
        )

    def get_output_for(self, input, **kwargs):
        for axis in (2, 3):
            input = T.extra_ops.repeat(input, self.scale_factor, axis)
        return input
