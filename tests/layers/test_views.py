"""Views of painted pictures, against the pictures themselves."""

import numpy as np
import theano
from lasagne.layers import InputLayer, get_output, get_output_shape
from scipy.ndimage import convolve1d

from ift6266.layers import BlurLayer, DetailLayer, FillLayer, SurroundingsLayer
from tests.layers.support import QUICK, central_difference, in_float64, output_and_gradients

RANDOM = np.random.RandomState(1)


def test_fill():
    context = RANDOM.uniform(size=(2, 3, 4, 4)).astype(theano.config.floatX)
    mask = RANDOM.randint(2, size=(2, 1, 4, 4)).astype(theano.config.floatX)
    inputs = InputLayer((None, 3, 4, 4)), InputLayer((None, 1, 4, 4))
    layer = FillLayer(inputs, (0.2, 0.4, 0.6))
    fill = theano.function([each.input_var for each in inputs], get_output(layer), mode=QUICK)
    colour = np.reshape([0.2, 0.4, 0.6], (3, 1, 1))
    expected = np.where(mask > 0, colour, context)
    np.testing.assert_allclose(fill(context * (1 - mask), mask), expected, rtol=1e-6)
    assert get_output_shape(layer) == (None, 3, 4, 4)


def test_surroundings():
    context = RANDOM.uniform(size=(2, 3, 64, 64)).astype(theano.config.floatX)
    centre = RANDOM.uniform(size=(2, 3, 32, 32)).astype(theano.config.floatX)
    picture = context.copy()
    picture[:, :, 16:48, 16:48] = centre
    for width in (0, 2, 8, 16):
        inputs = InputLayer((None, 3, 32, 32)), InputLayer((None, 3, 64, 64))
        layer = SurroundingsLayer(inputs, width)
        view = theano.function([each.input_var for each in inputs], get_output(layer), mode=QUICK)
        expected = picture[..., 16 - width : 48 + width, 16 - width : 48 + width]
        np.testing.assert_array_equal(view(centre, context), expected)
        assert get_output_shape(layer) == (None,) + expected.shape[1:]


MIXING = [[0.2, 0.3, 0.5], [1, -1, 0]]
TAPS = (3, 5)


def detail_layer(pictures):
    return DetailLayer(InputLayer((None,) + pictures.shape[1:]), MIXING, TAPS)


def detail(pictures):
    layer = detail_layer(pictures)
    found = theano.function([layer.input_layer.input_var], get_output(layer), mode=QUICK)(pictures)
    assert get_output_shape(layer)[1:] == found.shape[1:]
    return found


@in_float64
def test_detail_is_a_mixture_less_its_weighted_neighbourhood():
    pictures = RANDOM.uniform(size=(2, 3, 9, 8))
    found = detail(pictures)
    assert found.shape == (2, 2, 5, 4)
    for channel, (weights, margin) in enumerate((([1, 2, 1], 1), ([1, 4, 6, 4, 1], 2))):
        mixed = np.tensordot(pictures, MIXING[channel], axes=(1, 0))
        expected = mixed[:, 2:-2, 2:-2].copy()
        for row, above in enumerate(weights, start=2 - margin):
            for column, beside in enumerate(weights, start=2 - margin):
                expected -= (
                    above
                    * beside
                    / sum(weights) ** 2
                    * mixed[:, row : row + 5, column : column + 4]
                )
        np.testing.assert_allclose(found[:, channel], expected, atol=1e-12)


@in_float64
def test_detail_leaves_out_what_is_smooth():
    rows, columns = np.mgrid[:12, :12] / 12
    ramp = np.stack([rows, columns, 1 - rows + columns])[np.newaxis]
    np.testing.assert_allclose(detail(ramp), 0, atol=1e-12)


@in_float64
def test_gradient_of_detail():
    pictures = RANDOM.uniform(size=(1, 3, 6, 7))
    layer = detail_layer(pictures)
    function = output_and_gradients(layer, layer.input_layer.input_var)
    cotangent = RANDOM.normal(size=(1, 2, 2, 3))
    _, gradient = function(pictures, cotangent)
    expected = central_difference(
        lambda: (function(pictures, cotangent)[0] * cotangent).sum(), pictures
    )
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


@in_float64
def test_blur():
    pictures = RANDOM.uniform(size=(2, 3, 6, 7))
    for reach, weights in ((1, [1, 2, 1]), (2, [1, 4, 6, 4, 1])):
        layer = BlurLayer(InputLayer((None, 3, 6, 7)), reach)
        found = theano.function([layer.input_layer.input_var], get_output(layer), mode=QUICK)
        expected = pictures
        for axis in (2, 3):
            expected = convolve1d(expected, np.divide(weights, sum(weights)), axis, mode='constant')
        np.testing.assert_allclose(found(pictures), expected, atol=1e-12)
        assert get_output_shape(layer) == (None, 3, 6, 7)
