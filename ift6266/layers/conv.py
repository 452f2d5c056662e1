"""Convolution and transposed convolution, as later releases of Lasagne define them.

Lasagne 0.1 has no transposed convolution, and its ``Conv2DLayer`` pads by copying.
"""

import lasagne
import theano.tensor as T
from lasagne.utils import as_tuple
from theano.tensor.nnet.abstract_conv import AbstractConv2d_gradInputs


class BaseConv2DLayer(lasagne.layers.Layer):
    """What the two layers share: filters ``W``, biases ``b``, a nonlinearity."""

    def __init__(  # noqa: PLR0917, Lasagne's signature
        self,
        incoming,
        num_filters,
        filter_size,
        stride=(1, 1),
        pad=0,
        W=lasagne.init.GlorotUniform(),  # noqa: B008, an initializer keeps no state
        b=lasagne.init.Constant(0.0),  # noqa: B008
        nonlinearity=lasagne.nonlinearities.rectify,
        flip_filters=True,
        **kwargs,
    ):
        super().__init__(incoming, **kwargs)
        self.num_filters = num_filters
        self.filter_size = as_tuple(filter_size, 2, int)
        self.stride = as_tuple(stride, 2, int)
        self.pad = as_tuple(pad, 2, int)
        self.flip_filters = flip_filters
        self.nonlinearity = nonlinearity or lasagne.nonlinearities.identity
        self.W = self.add_param(W, self.get_W_shape(), name='W')
        self.b = (
            b if b is None else self.add_param(b, (num_filters,), name='b', regularizable=False)
        )

    def get_W_shape(self):
        raise NotImplementedError

    def convolve(self, input):
        raise NotImplementedError

    def get_output_length(self, input_length, filter_length, stride, pad):
        raise NotImplementedError

    def get_output_shape_for(self, input_shape):
        batch, _, *lengths = input_shape
        return (batch, self.num_filters) + tuple(
            None if length is None else self.get_output_length(length, *geometry)
            for length, *geometry in zip(lengths, self.filter_size, self.stride, self.pad)
        )

    def get_output_for(self, input, **kwargs):
        feature_maps = self.convolve(input)
        if self.b is not None:
            feature_maps += self.b.dimshuffle('x', 0, 'x', 'x')
        return self.nonlinearity(feature_maps)


class Conv2DLayer(BaseConv2DLayer):
    """2-D convolution, (batch, channels, rows, columns) → (batch, num_filters, …).

    An axis of length n becomes ⌊(n + 2·pad − filter_size) / stride⌋ + 1.

    Parameters
    ----------
    incoming : Layer or tuple
        The layer below, or the shape of its output.
    num_filters : int
        Number of feature maps to compute.
    filter_size, stride, pad : int or pair of int
        By rows and columns; ``pad`` zeros are added on both sides.
    W : initializer or array, shape (num_filters, channels, rows, columns)
    b : initializer, array, shape (num_filters,), or None for no biases
    nonlinearity : callable or None
    flip_filters : bool
        True (Lasagne's default) for a convolution, False for a correlation.
    """

    def get_W_shape(self):
        return (self.num_filters, self.input_shape[1]) + self.filter_size

    def get_output_length(self, input_length, filter_length, stride, pad):
        return (input_length + 2 * pad - filter_length) // stride + 1

    def convolve(self, input):
        return T.nnet.conv2d(
            input,
            self.W,
            self.input_shape,
            self.get_W_shape(),
            border_mode=self.pad,
            subsample=self.stride,
            filter_flip=self.flip_filters,
        )


class TransposedConv2DLayer(BaseConv2DLayer):
    """The gradient of a convolution with respect to its input, as a layer.

    Also called fractionally strided convolution (Dumoulin and Visin 2016, "A guide
    to convolution arithmetic for deep learning", section 4).  An axis of length n
    becomes stride·(n − 1) + filter_size − 2·crop.

    Parameters
    ----------
    incoming, num_filters, filter_size, stride, b, nonlinearity
        As for :class:`Conv2DLayer`.
    crop : int or pair of int
        Rows and columns cut off on both sides of the result: the ``pad`` of the
        convolution whose gradient this is.
    W : initializer or array, shape (channels, num_filters, rows, columns)
    flip_filters : bool
        The opposite of that of the convolution whose gradient this is, as in
        Lasagne; the two defaults fit together.
    """

    def __init__(  # noqa: PLR0917, Lasagne's signature
        self,
        incoming,
        num_filters,
        filter_size,
        stride=(1, 1),
        crop=0,
        flip_filters=False,
        **kwargs,
    ):
        super().__init__(
            incoming,
            num_filters,
            filter_size,
            stride,
            pad=crop,
            flip_filters=flip_filters,
            **kwargs,
        )
        self.crop = self.pad

    def get_W_shape(self):
        return (self.input_shape[1], self.num_filters) + self.filter_size

    def get_output_length(self, input_length, filter_length, stride, crop):
        return stride * (input_length - 1) + filter_length - 2 * crop

    def convolve(self, input):
        transposed = AbstractConv2d_gradInputs(
            imshp=self.output_shape,
            kshp=self.get_W_shape(),
            subsample=self.stride,
            border_mode=self.crop,
            filter_flip=not self.flip_filters,
        )
        rows, columns = self.get_output_shape_for(self.input_shape)[2:]
        if rows is None or columns is None:
            rows, columns = self.get_output_shape_for(tuple(input.shape[i] for i in range(4)))[2:]
        return transposed(self.W, input, T.stack([rows, columns]))
