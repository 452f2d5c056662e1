"""Random numbers are those of Theano's own C code, and go on as they do there."""

from functools import partial
from unittest.mock import patch

import numpy as np
import theano
from nose.tools import assert_raises_regex
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.shared_randomstreams import RandomStreams

from ift6266.backends.xla.mode import xla_mode
from ift6266.backends.xla.registry import Untranslated
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401


def draw(mode, sample):
    """Three draws of ``sample``, a function of a generator."""
    function = theano.function([], sample(MRG_RandomStreams(5)), mode=mode)
    return [function() for _ in range(3)]


def check(sample, exactly=True):
    ours, theirs = draw(xla_mode(), sample), draw(theano.Mode('cvm', None), sample)
    compare = np.testing.assert_array_equal if exactly else np.testing.assert_allclose
    for one, other in zip(ours, theirs):
        assert one.dtype == other.dtype
        compare(one, other)
    assert not np.array_equal(ours[0], ours[1])


def uniform(generator, shape, **options):
    return generator.uniform(shape, **options)


def test_numbers():
    for dtype in ('float32', 'float64'):
        for shape, streams in (((3, 5), None), ((3, 5), 4), ((4, 3), 4)):
            yield check, partial(uniform, shape=shape, dtype=dtype, nstreams=streams)
    yield check, lambda generator: generator.binomial((7,), p=0.3)


def test_normal_numbers():
    for dtype in ('float32', 'float64'):
        sample = theano.function(
            [], MRG_RandomStreams(1).normal((2000,), dtype=dtype), mode=xla_mode()
        )()
        assert sample.dtype == dtype and abs(sample.mean()) < 0.1 and abs(sample.std() - 1) < 0.1


def test_draws_from_a_table():
    table = np.array([[0.2, 0.3, 0.5], [0, 1, 0], [0.5, 0.25, 0.25]], 'f4')
    yield check, lambda generator: generator.multinomial(pvals=table)
    yield check, lambda generator: generator.multinomial(n=4, pvals=table)


def test_other_streams():
    """Their first states are computed by a function of the default mode."""
    states = []
    for mode in (xla_mode(), theano.Mode('py', None)):
        with (
            patch('theano.compile.mode.instantiated_default_mode', mode),
            patch('theano.sandbox.rng_mrg.multMatVect.dot_modulo', None),
        ):
            states.append(MRG_RandomStreams(5).get_substream_rstates(4, 'float32'))
    np.testing.assert_array_equal(*states)


def test_numpys_generator_is_refused():
    with assert_raises_regex(Untranslated, 'RandomFunction'):
        theano.function([], RandomStreams(1).uniform((2,)), mode=xla_mode())
