"""Which generator a network is: a name and parameters, in arrays and back."""

from dataclasses import FrozenInstanceError

import numpy as np
from lasagne.layers import get_output_shape
from nose.tools import assert_equal, assert_not_equal, assert_raises

from ift6266.networks.architecture import Architecture
from tests.support import input_error

NARROW = Architecture('generator', {'filters': (1, 2, 3, 4)})


def test_round_trip():
    for architecture in (
        Architecture('captionless_generator'),
        NARROW,
        Architecture('generator', {'filters': [1, 2, 3, 4], 'size': 32}),
    ):
        assert_equal(Architecture.of_arrays(architecture.arrays()), architecture)


def test_parameters():
    """None leaves one to the network; a tuple is a list, as in JSON."""
    assert_equal(Architecture('generator', {'filters': None}), Architecture('generator'))
    assert_equal(NARROW, Architecture('generator', {'filters': [1, 2, 3, 4]}))
    assert_not_equal(NARROW, Architecture('generator'))
    assert_equal(list(Architecture('generator').arrays()), ['kind'])
    with assert_raises(FrozenInstanceError):
        NARROW.kind = 'critic'


def test_the_network():
    network = Architecture('generator', {'filters': (1, 2, 3, 4), 'size': 32}).build()
    assert_equal(get_output_shape(network), (None, 3, 16, 16))
    assert_equal(network.W.get_value().shape, (2 + 2, 3, 4, 4))  # TConv2's and Conv2's maps


def test_texts():
    """A network's parameter may be a text; none of those here has such a one."""
    architecture = Architecture('generator', {'normalization': 'layer'})
    assert_equal(Architecture.of_arrays(architecture.arrays()), architecture)
    assert 'no parameter normalization' in input_error(architecture.build)


def test_as_text():
    assert_equal(str(Architecture('generator')), 'generator')
    assert_equal(str(NARROW), 'generator (filters [1, 2, 3, 4])')


def test_of_another_file():
    deep = {'kind': np.array('generator'), 'parameters': np.array(10**5 * '[')}
    assert 'no parameters' in input_error(Architecture.of_arrays, deep)
    assert 'no network' in input_error(Architecture.of_arrays, {'numbers': np.zeros(3)})
    assert "'x' is unknown" in input_error(Architecture.of_arrays, {'kind': np.array('x')})
