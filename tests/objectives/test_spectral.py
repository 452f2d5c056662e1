"""Spectral normalization against NumPy's singular values."""

from collections import OrderedDict

import lasagne
import numpy as np
import theano
from nose.tools import assert_equal

from ift6266.objectives.spectral import SpectralNormalization


def values(filters):
    """Singular values of a filter's matrix."""
    return np.linalg.svd(filters.reshape(len(filters), -1), compute_uv=False)


def constrained(limit, *, growth, updates):
    """A filter as it began and after updates that let it and a bias grow; and the constraint."""
    random = np.random.RandomState(1)
    lasagne.random.set_rng(random)
    filters = theano.shared(random.normal(size=(5, 3, 4, 4)), 'conv.W')
    bias = theano.shared(random.normal(size=5), 'conv.b')
    constraint = SpectralNormalization(limit)
    growing = OrderedDict((param, growth * param) for param in (filters, bias))
    with theano.change_flags(mode='FAST_COMPILE', floatX='float64'):
        step = theano.function([], updates=constraint(growing, [filters, bias]))
    before = filters.get_value(), bias.get_value()
    for _ in range(updates):
        step()
    np.testing.assert_allclose(bias.get_value(), growth**updates * before[1])
    return before[0], filters.get_value(), constraint


def test_no_singular_value_is_above_the_limit():
    for limit, expected in ((None, 1), (1, 1), (0.3, 0.3)):
        _, filters, _ = constrained(limit, growth=1 + 2**-10, updates=3000)
        found = values(filters) / expected  # all grow, and one is bounded in each update
        assert 0.9 < found.min() and found.max() < 1.15, found


def test_the_other_singular_values_stay():
    """A filter whose largest value alone is above the limit loses that, and nothing else."""
    before, _, _ = constrained(1, growth=1, updates=0)
    (largest, *others) = values(before)
    limit = (largest + others[0]) / 2
    _, filters, _ = constrained(limit, growth=1, updates=300)
    np.testing.assert_allclose(values(filters), [limit, *others], rtol=0.01)


def test_small_filters_are_left_alone():
    before, filters, _ = constrained(100, growth=1, updates=5)
    np.testing.assert_allclose(filters, before)


def test_its_state_is_the_left_singular_vector():
    _, filters, constraint = constrained(100, growth=1, updates=100)
    (left,) = constraint.state
    assert_equal(left.name, 'conv.W.left')
    vectors, _, _ = np.linalg.svd(filters.reshape(5, -1))
    assert np.isclose(abs(vectors[:, 0] @ left.get_value()), 1, rtol=1e-4)
