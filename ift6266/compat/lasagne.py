"""What Lasagne 0.1 misses in Theano 1.0."""
from ift6266.compat.importing import module


def restore_downsample(signal):
    """Theano 1.0 has renamed ``downsample.max_pool_2d``; lasagne/layers/pool.py:6."""

    def max_pool_2d(*args, **kwargs):
        from theano.tensor.signal.pool import pool_2d
        return pool_2d(*args, **kwargs)

    signal.downsample = module('theano.tensor.signal.downsample', max_pool_2d=max_pool_2d)


STAND_INS = {}
CHANGES = {'theano.tensor.signal': [restore_downsample]}
