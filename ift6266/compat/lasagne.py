"""What Lasagne 0.1 misses in Theano 1.0."""
from ift6266.compat.importing import module


def restore_downsample(signal):
    """Theano 1.0 has renamed ``downsample.max_pool_2d`` and its options; lasagne/layers/pool.py:6."""

    def max_pool_2d(input, ds, ignore_border, st=None, padding=(0, 0), mode='max'):
        from theano.tensor.signal.pool import pool_2d
        return pool_2d(input, ds, ignore_border, st, padding, mode)

    signal.downsample = module('theano.tensor.signal.downsample', max_pool_2d=max_pool_2d)


STAND_INS = {}
CHANGES = {'theano.tensor.signal': [restore_downsample]}
