"""Random numbers: how much dropout drops and how it goes on, and noise that stays."""

import lasagne
import numpy as np
import theano
from lasagne.layers import InputLayer, get_output

from ift6266.layers import DropoutLayer, NoiseLayer
from tests.layers.support import QUICK, central_difference, in_float64, output_and_gradients

ONES = np.ones((50, 40))


def dropping(p):
    """The layer, and a function of its input."""
    lasagne.random.set_rng(np.random.RandomState(1))
    layer = DropoutLayer(InputLayer((None, 40)), p, name='drop')
    return layer, theano.function([layer.input_layer.input_var], get_output(layer), mode=QUICK)


@in_float64
def test_a_share_is_zero_and_the_rest_grows_so_that_the_mean_stays():
    for p in (0.5, 0.2):
        _, drop = dropping(p)
        dropped = drop(ONES)
        np.testing.assert_allclose(np.unique(dropped), [0, 1 / (1 - p)])
        assert abs((dropped == 0).mean() - p) < 4 * np.sqrt(p * (1 - p) / ONES.size)
        assert (drop(ONES) != dropped).any()


@in_float64
def test_nothing_is_dropped_in_painting():
    layer = DropoutLayer(InputLayer((None, 40)), 0.5)
    assert get_output(layer, deterministic=True) is layer.input_layer.input_var


@in_float64
def test_random_numbers_go_on_from_a_state():
    layer, drop = dropping(0.5)
    (state,) = layer.random_states
    assert state.name == 'drop.random1'
    drop(ONES)
    kept, expected = state.get_value(), drop(ONES)
    again, drop_again = dropping(0.5)
    again.random_states[0].set_value(kept)
    np.testing.assert_array_equal(drop_again(ONES), expected)


@in_float64
def test_each_output_has_random_numbers_of_its_own():
    layer, _ = dropping(0.5)
    get_output(layer)
    assert [state.name for state in layer.random_states] == ['drop.random1', 'drop.random2']


@in_float64
def test_noise_is_the_same_in_all_maps_by_their_strengths():
    random = np.random.RandomState(2)
    maps, cotangent = random.normal(size=(2, 2, 3, 5, 4))
    strength = np.array([0.0, 0.5, -2.0])
    layer = NoiseLayer(InputLayer((None, 3, 5, 4)), seed=7, strength=strength)
    function = output_and_gradients(layer, layer.input_layer.input_var)
    output, by_maps, by_strength = function(maps, cotangent)
    noise = np.random.RandomState(7).normal(size=(5, 4))
    expected = np.stack([maps[:, i] + strength[i] * noise for i in range(3)], axis=1)
    np.testing.assert_allclose(output, expected)
    np.testing.assert_array_equal(by_maps, cotangent)

    def weighed():
        layer.strength.set_value(strength)
        return (function(maps, cotangent)[0] * cotangent).sum()

    np.testing.assert_allclose(by_strength, central_difference(weighed, strength), rtol=1e-7)


@in_float64
def test_there_is_no_noise_at_first():
    layer = NoiseLayer(InputLayer((None, 3, 5, 4)))
    paint = theano.function([layer.input_layer.input_var], get_output(layer), mode=QUICK)
    maps = np.random.RandomState(3).normal(size=(2, 3, 5, 4))
    np.testing.assert_array_equal(paint(maps), maps)
