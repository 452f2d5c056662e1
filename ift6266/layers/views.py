"""Views of a picture for a network, other than as it is."""

import lasagne
import numpy as np
import theano.tensor as T


class FillLayer(lasagne.layers.MergeLayer):
    """A picture whose blank hole has one colour: context + mask · colour.

    Parameters
    ----------
    incomings : pair of Layer
        The context, (batch, 3, n, n), zero in the hole, and the mask, (batch, 1, n, n), one there.
    colour : sequence of three floats
    """

    def __init__(self, incomings, colour, **kwargs):
        super().__init__(incomings, **kwargs)
        self.colour = colour

    def get_output_shape_for(self, input_shapes):
        return input_shapes[0]

    def get_output_for(self, inputs, **kwargs):
        context, mask = inputs
        colour = T.constant(np.reshape(self.colour, (1, 3, 1, 1)), dtype=context.dtype)
        return context + T.addbroadcast(mask, 1) * colour


class SurroundingsLayer(lasagne.layers.MergeLayer):
    """The centre in its context, as far as ``width`` rows and columns on each side of it.

    Parameters
    ----------
    incomings : pair of Layer
        The centre, (batch, 3, n, n), and the context, (batch, 3, m, m), in whose middle it belongs.
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
        view, hole = [
            slice((outer - length) // 2, (outer + length) // 2)
            for length in (side + 2 * self.width, side)
        ]
        return T.set_subtensor(context[..., hole, hole], centre)[..., view, view]


class DetailLayer(lasagne.layers.Layer):
    """What a picture loses when it is blurred.

    A channel of the result is a linear combination of the picture's channels minus itself blurred
    by a binomial filter in both directions: the finest level of a Laplacian pyramid (Burt and
    Adelson 1983), the finer the fewer taps the filter has.  Rows and columns without a full
    neighbourhood are left out: with at most t taps, (batch, channels, n, n) → (batch, len(mixing),
    n − t + 1, n − t + 1).

    Parameters
    ----------
    incoming : Layer
    mixing : array-like, (channels of the result, channels of the picture)
    taps : sequence of int
        Odd lengths of the filters, one for each channel of the result.
    """

    def __init__(self, incoming, mixing, taps, **kwargs):
        super().__init__(incoming, **kwargs)
        self.mixing, self.taps = np.asarray(mixing), taps

    def get_output_shape_for(self, input_shape):
        batch, _, rows, columns = input_shape
        margin = max(self.taps) - 1
        return batch, len(self.mixing), rows - margin, columns - margin

    def get_output_for(self, input, **kwargs):
        details = [detail_filter(taps, max(self.taps)) for taps in self.taps]
        filters = np.einsum('oi,orc->oirc', self.mixing, details)
        return T.nnet.conv2d(input, T.constant(filters, dtype=input.dtype))


class BlurLayer(lasagne.layers.Layer):
    """A picture blurred by a binomial filter in both directions; beyond its border it is zero.

    Parameters
    ----------
    incoming : Layer
        (batch, channels, n, n), as the layer's output.
    reach : int
        How many pixels the filter reaches in each direction: it has 2·reach + 1 taps.
    """

    def __init__(self, incoming, reach, **kwargs):
        super().__init__(incoming, **kwargs)
        self.reach = reach

    def get_output_for(self, input, **kwargs):
        channels = np.eye(self.input_shape[1])
        filters = np.einsum('oi,rc->oirc', channels, binomial_filter(2 * self.reach + 1))
        return T.nnet.conv2d(input, T.constant(filters, dtype=input.dtype), border_mode='half')


def binomial_filter(taps: int) -> np.ndarray:
    """The weights of a binomial average over a square of ``taps`` pixels: (taps, taps) float64."""
    binomial = (np.poly1d([0.5, 0.5]) ** (taps - 1)).coeffs
    return np.outer(binomial, binomial)


def detail_filter(taps: int, side: int) -> np.ndarray:
    """The middle pixel minus the binomial average around it: (side, side) float64."""
    detail = -np.pad(binomial_filter(taps), (side - taps) // 2)
    detail[side // 2, side // 2] += 1
    return detail
