"""What Lasagne 0.1 needs that Theano 1.0 has renamed."""

import warnings
from types import ModuleType

from ift6266.compat.importing import module


def restore_downsample(signal: ModuleType) -> None:
    """Theano 1.0 renamed ``downsample.max_pool_2d`` and its options; lasagne/layers/pool.py:6."""

    def max_pool_2d(input, ds, *, ignore_border, st=None, padding=(0, 0), mode='max'):
        from theano.tensor.signal.pool import pool_2d

        return pool_2d(input, ws=ds, ignore_border=ignore_border, stride=st, pad=padding, mode=mode)

    signal.downsample = module('theano.tensor.signal.downsample', max_pool_2d=max_pool_2d)


def accept_old_arguments(conv: ModuleType) -> None:
    """Theano warns of the name ``image_shape`` for a shape; lasagne/layers/conv.py:486."""
    warnings.filterwarnings('ignore', 'The `image_shape` keyword', module='lasagne')


CHANGES = {
    'lasagne.layers.conv': [accept_old_arguments],
    'theano.tensor.signal': [restore_downsample],
}
