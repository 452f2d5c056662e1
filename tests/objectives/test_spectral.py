"""Spectral normalization against NumPy's singular values."""

from collections import OrderedDict

import lasagne
import numpy as np
import theano
from nose.tools import assert_equal

from ift6266.objectives.spectral import SpectralNormalization


def largest(filters):
    """Singular value of a filter's matrix."""
    return np.linalg.svd(filters.reshape(len(filters), -1), compute_uv=False)[0]


def constrained(limit, updates=30):
    """A filter and a bias after updates that let both grow; and the constraint."""
    random = np.random.RandomState(1)
    lasagne.random.set_rng(random)
    filters = theano.shared(random.normal(size=(5, 3, 4, 4)), 'conv.W')
    bias = theano.shared(random.normal(size=5), 'conv.b')
    constraint = SpectralNormalization(limit)
    growing = OrderedDict((param, 2 * param) for param in (filters, bias))
    with theano.change_flags(mode='FAST_COMPILE', floatX='float64'):
        step = theano.function([], updates=constraint(growing, [filters, bias]))
    before = bias.get_value()
    for _ in range(updates):
        step()
    np.testing.assert_allclose(bias.get_value(), 2**updates * before)
    return filters.get_value(), constraint


def test_the_largest_singular_value_is_the_limit():
    for limit, expected in ((None, 1), (1, 1), (0.3, 0.3)):
        filters, _ = constrained(limit)
        assert np.isclose(largest(filters), expected, rtol=1e-4)


def test_it_changes_lengths_alone():
    one, other = constrained(1, updates=30)[0], constrained(1, updates=31)[0]
    np.testing.assert_allclose(one / np.linalg.norm(one), other / np.linalg.norm(other))


def test_its_state_is_the_left_singular_vector():
    filters, constraint = constrained(1)
    (left,) = constraint.state
    assert_equal(left.name, 'conv.W.left')
    vectors, _, _ = np.linalg.svd(filters.reshape(5, -1))
    assert np.isclose(abs(vectors[:, 0] @ left.get_value()), 1, rtol=1e-4)
