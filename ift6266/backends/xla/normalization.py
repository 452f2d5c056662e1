"""Batch normalization and its gradient.

Where a minibatch is split over devices, the statistics are those of all of it: the devices tell
each other the sums that they take once for each layer in either direction.
"""
import jax.numpy as jnp
import numpy as np
from theano.tensor.nnet.bn import (AbstractBatchNormInference, AbstractBatchNormTrain,
                                   AbstractBatchNormTrainGrad)

from ift6266.backends.xla.devices import used_devices
from ift6266.backends.xla.registry import translate


def mean_and_variance(maps, axes):
    """Along ``axes``, which are kept; of parts of the minibatch by Chan et al. (1979)."""
    def stacked(maps):
        mean = maps.mean(axes, keepdims=True)
        return jnp.stack([mean, jnp.square(maps - mean).mean(axes, keepdims=True)])

    parts = used_devices().of_each_part(stacked, maps) if 0 in axes else stacked(maps)[None]
    means, variances = parts[:, 0], parts[:, 1]
    mean = means.mean(0)
    return mean, (variances + jnp.square(means - mean)).mean(0)


def products_and_sums(one, other, axes):
    """The sums of ``one * other`` and of ``one`` along ``axes``, which are kept."""
    def stacked(one, other):
        return jnp.stack([(one * other).sum(axes, keepdims=True), one.sum(axes, keepdims=True)])

    return used_devices().sum_of_parts(stacked, one, other) if 0 in axes else stacked(one, other)


@translate.register(AbstractBatchNormTrain)
def _(op, node):
    def normalize(maps, scale, bias, epsilon, share, *averages):
        mean, variance = mean_and_variance(maps, op.axes)
        inv_std = 1 / jnp.sqrt(variance + epsilon)
        results = [(maps - mean) * (scale * inv_std) + bias, mean, inv_std]
        if averages:
            count = maps.size / np.prod(scale.shape)
            statistics = mean, variance * (count / (count - 1))
            results += [(1 - share) * average + share * statistic
                        for average, statistic in zip(averages, statistics)]
        return tuple(results)
    return normalize


@translate.register(AbstractBatchNormTrainGrad)
def _(op, node):
    def gradients(maps, gradient, scale, mean, inv_std, epsilon):
        normalized = (maps - mean) * inv_std
        of_scale, of_bias = products_and_sums(gradient, normalized, op.axes)
        count = np.prod([maps.shape[axis] for axis in op.axes])
        of_maps = scale * inv_std * (gradient - (of_bias + normalized * of_scale) / count)
        return of_maps, of_scale, of_bias
    return gradients


@translate.register(AbstractBatchNormInference)
def _(op, node):
    return lambda maps, scale, bias, mean, variance, epsilon: (
        (maps - mean) * (scale / jnp.sqrt(variance + epsilon)) + bias)
