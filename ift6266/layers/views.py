"""What a network may see of a painted picture beside the centre itself."""
import lasagne
import numpy as np
import theano.tensor as T

BINOMIAL = np.array([1, 2, 1]) / 4


class SurroundingsLayer(lasagne.layers.MergeLayer):
    """A centre in its place, and the ``width`` rows and columns on each side of it.

    Parameters
    ----------
    incomings : pair of Layer
        The centre, (batch, 3, n, n), and its context, (batch, 3, m, m), as in
        :func:`ift6266.data.hole.split`: the centre belongs into the middle of it.
    width : int
        At most (m − n) / 2.  The layer's output is (batch, 3, n + 2·width, n + 2·width).
    """

    def __init__(self, incomings, width, **kwargs):
        super().__init__(incomings, **kwargs)
        self.width = width

    def get_output_shape_for(self, input_shapes):
        (batch, channels, side, _), _ = input_shapes
        return batch, channels, side + 2 * self.width, side + 2 * self.width

    def get_output_for(self, inputs, **kwargs):
        centre, context = inputs
        side, outer = [shape[-1] for shape in self.input_shapes]
        seen, hole = [slice((outer - length) // 2, (outer + length) // 2)
                      for length in (side + 2 * self.width, side)]
        return T.set_subtensor(context[..., hole, hole], centre)[..., seen, seen]


class DetailLayer(lasagne.layers.Layer):
    """What a picture loses when it is blurred: its finest detail.

    The picture minus itself under the binomial filter of three taps in both directions: the
    finest level of a Laplacian pyramid (Burt and Adelson 1983, who take five taps), as fine as
    pixels can show it.  One row and column on each side has no full neighbourhood and is left
    out: (batch, channels, n, n) → (batch, channels, n − 2, n − 2).

    Parameters
    ----------
    incoming : Layer
    grey : bool
        Whether each channel of the result is that of the mean of all channels.
    """

    def __init__(self, incoming, grey=False, **kwargs):
        super().__init__(incoming, **kwargs)
        self.grey = grey

    def get_output_shape_for(self, input_shape):
        batch, channels, rows, columns = input_shape
        return batch, channels, rows - 2, columns - 2

    def get_output_for(self, input, **kwargs):
        channels = self.input_shape[1]
        picture = np.zeros((3, 3))
        picture[1, 1] = 1
        detail = picture - np.outer(BINOMIAL, BINOMIAL)
        mixing = np.full((channels, channels), 1 / channels) if self.grey else np.eye(channels)
        filters = np.einsum('oi,rc->oirc', mixing, detail)
        return T.nnet.conv2d(input, T.constant(filters, dtype=input.dtype))
