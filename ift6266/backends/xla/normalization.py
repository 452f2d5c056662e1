"""Batch normalization and its gradient.

Where a minibatch is split over devices, the statistics are those of all of it: the devices tell
each other the sums that they take once for each layer in either direction.
"""

import jax.numpy as jnp
import numpy as np
from theano.tensor.nnet.bn import (
    AbstractBatchNormInference,
    AbstractBatchNormTrain,
    AbstractBatchNormTrainGrad,
)

from ift6266.backends.xla.devices import used_devices
from ift6266.backends.xla.registry import translate


def mean_along(axes, maps):
    """The mean along ``axes``, which are kept.

    A processor adds up one number after the other, and over whole minibatches it would lose three
    digits of the gradients: so it takes the mean of each picture first.
    """
    positions = tuple(axis for axis in axes if axis)
    maps = maps.mean(positions, keepdims=True)
    return maps.mean(0, keepdims=True) if 0 in axes else maps


def mean_and_variance(maps, axes):
    """Along ``axes``, which are kept; of parts of the minibatch by Chan et al. (1979)."""

    def stacked(maps):
        mean = mean_along(axes, maps)
        return jnp.stack([mean, mean_along(axes, jnp.square(maps - mean))])

    parts = used_devices().of_each_part(stacked, maps) if 0 in axes else stacked(maps)[None]
    means, variances = parts[:, 0], parts[:, 1]
    mean = means.mean(0)
    return mean, (variances + jnp.square(means - mean)).mean(0)


def sums_of_product_and_factor(factor, other, axes):
    """The sums of ``factor * other`` and of ``factor`` along ``axes``, which are kept."""

    def stacked(factor, other):
        count = np.prod([factor.shape[axis] for axis in axes])
        return count * jnp.stack([mean_along(axes, factor * other), mean_along(axes, factor)])

    return (
        used_devices().sum_of_parts(stacked, factor, other) if 0 in axes else stacked(factor, other)
    )


@translate.register(AbstractBatchNormTrain)
def _(op, node):
    def normalize(maps, scale, bias, epsilon, share, *averages):
        mean, variance = mean_and_variance(maps, op.axes)
        inv_std = 1 / jnp.sqrt(variance + epsilon)
        results = [(maps - mean) * (scale * inv_std) + bias, mean, inv_std]
        if averages:
            count = maps.size / np.prod(scale.shape)
            statistics = mean, variance * (count / (count - 1))
            results += [
                (1 - share) * average + share * statistic
                for average, statistic in zip(averages, statistics)
            ]
        return tuple(results)

    return normalize


@translate.register(AbstractBatchNormTrainGrad)
def _(op, node):
    def gradients(maps, gradient, scale, mean, inv_std, epsilon):
        normalized = (maps - mean) * inv_std
        of_scale, of_bias = sums_of_product_and_factor(gradient, normalized, op.axes)
        count = np.prod([maps.shape[axis] for axis in op.axes])
        of_maps = scale * inv_std * (gradient - (of_bias + normalized * of_scale) / count)
        return of_maps, of_scale, of_bias

    return gradients


@translate.register(AbstractBatchNormInference)
def _(op, node):
    return lambda maps, scale, bias, mean, variance, epsilon: (
        (maps - mean) * (scale / jnp.sqrt(variance + epsilon)) + bias
    )
