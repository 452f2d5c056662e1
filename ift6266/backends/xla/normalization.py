"""Batch normalization and its gradient."""
import jax.numpy as jnp
import numpy as np
from theano.tensor.nnet.bn import (AbstractBatchNormInference, AbstractBatchNormTrain,
                                   AbstractBatchNormTrainGrad)

from ift6266.backends.xla.registry import translate


@translate.register(AbstractBatchNormTrain)
def _(op, node):
    def normalize(maps, scale, bias, epsilon, share, *averages):
        mean = maps.mean(op.axes, keepdims=True)
        centred = maps - mean
        variance = jnp.square(centred).mean(op.axes, keepdims=True)
        inv_std = 1 / jnp.sqrt(variance + epsilon)
        results = [centred * (scale * inv_std) + bias, mean, inv_std]
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
        of_scale = (gradient * normalized).sum(op.axes, keepdims=True)
        of_bias = gradient.sum(op.axes, keepdims=True)
        count = np.prod([maps.shape[axis] for axis in op.axes])
        of_maps = scale * inv_std * (gradient - (of_bias + normalized * of_scale) / count)
        return of_maps, of_scale, of_bias
    return gradients


@translate.register(AbstractBatchNormInference)
def _(op, node):
    return lambda maps, scale, bias, mean, variance, epsilon: (
        (maps - mean) * (scale / jnp.sqrt(variance + epsilon)) + bias)
