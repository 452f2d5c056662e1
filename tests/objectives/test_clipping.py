"""What constraints do to updates and report of parameters."""

import numpy as np
import theano
import theano.tensor as T
from nose.tools import assert_equal

from ift6266.objectives import CONSTRAINTS
from ift6266.objectives.clipping import Clipping, Unconstrained
from ift6266.objectives.spectral import SpectralNormalization


def shared(*numbers):
    return theano.shared(np.array(numbers, 'float32'))


def test_they_are_in_the_table():
    expected = {'clipping': Clipping, 'spectral': SpectralNormalization, 'none': Unconstrained}
    assert_equal(dict(CONSTRAINTS), expected)


def test_clipping_touches_the_parameters_alone():
    param, moment = shared(0, 0, 0), shared(0, 0, 0)
    new = T.constant(np.array([-2.0, 0.5, 2.0]))
    updates = {moment: new, param: new}
    clipped = Clipping(1)(updates, [param])
    with theano.change_flags(mode='FAST_COMPILE'):
        assert_equal(clipped[param].eval().tolist(), [-1, 0.5, 1])
    assert clipped[moment] is new
    assert_equal(list(clipped), list(updates))


def test_report_is_the_share_at_a_limit():
    """A limit that float32 rounds up is reached by what it is rounded to."""
    for limit, params, share in (
        (0.03, [shared(-0.03, 0, 0.03, 0.015), shared(0.03)], 3 / 5),
        (0.05, [shared(-0.05, 0, 0.05, 0.025), shared(0.05)], 3 / 5),
        (1, [shared(0.5, -0.99)], 0),
    ):
        (report,) = Clipping(limit).report(params).items()
        with theano.change_flags(mode='FAST_COMPILE'):
            assert_equal((report[0], report[1].eval()), ('critic_at_clip', share))


def test_unconstrained():
    param = shared(0)
    updates = {param: param + 7}
    for constraint in (Unconstrained(), Unconstrained(0.03)):
        assert constraint(updates, [param]) is updates
        assert_equal(constraint.report([param]), {})
