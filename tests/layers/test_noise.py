"""Dropout: how much it drops, and that its random numbers go on where they were."""

import lasagne
import numpy as np
import theano
from lasagne.layers import InputLayer, get_output

from ift6266.layers import DropoutLayer
from tests.layers.support import QUICK, in_float64

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
