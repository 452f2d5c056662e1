"""Upscaling, against NumPy."""

import numpy as np
from lasagne.layers import InputLayer, get_output_shape

from ift6266.layers import Upscale2DLayer
from tests.layers.support import in_float64, output_and_gradients

RANDOM = np.random.RandomState(1)


@in_float64
def test_every_pixel_is_repeated_and_its_gradients_are_added():
    pictures = RANDOM.uniform(size=(2, 3, 4, 5))
    layer = Upscale2DLayer(InputLayer((None, 3, 4, 5)), 2)
    assert get_output_shape(layer) == (None, 3, 8, 10)
    assert layer.get_output_shape_for((None, 3, None, 5)) == (None, 3, None, 10)
    function = output_and_gradients(layer, layer.input_layer.input_var)
    cotangent = RANDOM.normal(size=(2, 3, 8, 10))
    output, gradient = function(pictures, cotangent)
    np.testing.assert_array_equal(output, np.kron(pictures, np.ones((2, 2))))
    np.testing.assert_allclose(gradient, cotangent.reshape(2, 3, 4, 2, 5, 2).sum(axis=(3, 5)))
