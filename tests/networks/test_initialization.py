"""First weights: their distributions, and what they leave alone."""

import lasagne
import numpy as np
from lasagne.layers import get_all_params

from ift6266.networks.generator import build_generator
from ift6266.networks.initialization import draw_he, draw_normal


def drawn(draw):
    """Values by name, of the report's generator."""
    lasagne.random.set_rng(np.random.RandomState(1))
    network = build_generator()
    assert draw(network) is network
    return {param.name: param.get_value() for param in get_all_params(network)}


def assert_distribution(values, mean, deviation):
    assert abs(values.mean() - mean) < 5 * deviation / np.sqrt(values.size)
    assert abs(values.std() / deviation - 1) < 5 / np.sqrt(2 * values.size)


def test_normal():
    for name, values in drawn(draw_normal).items():
        if name.endswith('.W'):
            assert_distribution(values, 0, 0.02)
        elif name.endswith('.gamma'):
            assert_distribution(values, 1, 0.02)
        else:
            assert set(values) <= {0, 1}, name
        assert values.dtype == 'float32'


def test_he():
    for name, values in drawn(draw_he).items():
        if name.endswith('.W'):
            assert_distribution(values, 0, np.sqrt(2 / values[0].size))
        else:
            assert set(values) <= {0, 1}, name


def test_it_depends_on_the_seed_alone():
    one, other = drawn(draw_normal), drawn(draw_normal)
    assert all((one[name] == other[name]).all() for name in one)
