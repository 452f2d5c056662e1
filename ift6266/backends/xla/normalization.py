"""Batch normalization and its gradient.

Where a minibatch is split over devices, the statistics are those of all of it: the devices
communicate once for each layer in either direction.
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

    XLA adds up one number after the other on a CPU, which over a whole minibatch loses three digits
    of the gradients: so the mean of each picture is taken first.
    """
    positions = tuple(axis for axis in axes if axis)
    maps = maps.mean(positions, keepdims=True)
    return maps.mean(0, keepdims=True) if 0 in axes else maps


def mean_and_variance(maps, axes):
    """Those along ``axes``, which are kept; over several devices by Chan et al. (1979)."""

    def stacked(maps):
        mean = mean_along(axes, maps)
        return jnp.stack([mean, mean_along(axes, jnp.square(maps - mean))])

    devices = used_devices()
    statistics = devices.gather_over_devices(stacked, maps) if 0 in axes else stacked(maps)[None]
    means, variances = statistics[:, 0], statistics[:, 1]
    mean = means.mean(0)
    return mean, (variances + jnp.square(means - mean)).mean(0)


def sums_of_product_and_factor(factor, other, axes):
    """The sums of ``factor * other`` and of ``factor`` along ``axes``, which are kept."""

    def stacked(factor, other):
        count = np.prod([factor.shape[axis] for axis in axes])
        return count * jnp.stack([mean_along(axes, factor * other), mean_along(axes, factor)])

    if 0 not in axes:
        return stacked(factor, other)
    return used_devices().sum_over_devices(stacked, factor, other)


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
    def gradients(*inputs):
        maps, gradient, scale, mean, inv_std, _ = inputs
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
