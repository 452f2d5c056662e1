"""What the tests of the layers share: gradients by differences, functions in float64."""

import numpy as np
import theano
from lasagne.layers import get_all_params, get_output

from ift6266.backends.headers import precompile_headers

# Theano's C programs without its slower rewritings, which these small graphs do not need.
QUICK = theano.Mode(optimizer='fast_compile')
in_float64 = theano.change_flags(floatX='float64')


def central_difference(function, array, step=1e-5):
    """Gradient of a scalar function with respect to an array, changed in place."""
    gradient = np.empty_like(array)
    for index in np.ndindex(*array.shape):
        value = array[index]
        array[index] = value + step
        above = function()
        array[index] = value - step
        gradient[index] = (above - function()) / (2 * step)
        array[index] = value
    return gradient


def output_and_gradients(layer, variable, mode=QUICK, **options):
    """(input, cotangent) → output, gradients of Σ output·cotangent by input and parameters."""
    precompile_headers()
    output = get_output(layer, **options)
    cotangent = output.type('cotangent')
    wrt = [variable] + get_all_params(layer, trainable=True)
    return theano.function(
        [variable, cotangent],
        [output] + theano.grad(None, wrt, known_grads={output: cotangent}),
        mode=mode,
    )
