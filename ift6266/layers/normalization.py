"""Batch normalization, as later releases of Lasagne define it; instance and layer normalization."""

import lasagne
import theano
import theano.tensor as T
from lasagne.layers import Layer
from theano.tensor.nnet.bn import batch_normalization_train


class BatchNormLayer(Layer):
    """Normalizes each channel over the minibatch and all positions (Ioffe and Szegedy 2015).

    y = γ · (x − mean) · inv_std + β, with inv_std = 1 / sqrt(variance + ε), where the
    statistics are those of the minibatch (the biased variance) in training and the
    running averages with ``deterministic=True``.  After each minibatch an average
    becomes (1 − α) · average + α · statistic; note that it is the inverse standard
    deviation that is averaged, not the variance.

    Parameters
    ----------
    incoming : Layer or tuple
        Shape (batch, channels, …).
    epsilon : float
        ε, keeps the division finite; at least 10⁻⁵, as Theano's operation demands.
    alpha : float
        α, the weight of the newest minibatch in the running averages.
    beta, gamma : initializer or array, shape (channels,)
        Trainable shift and scale.
    mean, inv_std : initializer or array, shape (channels,)
        The running averages: parameters that are not trainable.

    Notes
    -----
    As in Lasagne, the new averages are *default updates* of the shared variables:
    any function compiled from the training output applies them.  Pass
    ``batch_norm_update_averages=False`` to ``get_output`` where they must stay as they
    are, in a critic step for instance, which runs the generator but does not train it.
    """

    def __init__(  # noqa: PLR0917, Lasagne's signature
        self,
        incoming,
        epsilon=1e-4,
        alpha=0.1,
        beta=lasagne.init.Constant(0),  # noqa: B008, an initializer keeps no state
        gamma=lasagne.init.Constant(1),  # noqa: B008
        mean=lasagne.init.Constant(0),  # noqa: B008
        inv_std=lasagne.init.Constant(1),  # noqa: B008
        **kwargs,
    ):
        super().__init__(incoming, **kwargs)
        self.axes = (0,) + tuple(range(2, len(self.input_shape)))
        self.epsilon = epsilon
        self.alpha = alpha
        shape = (self.input_shape[1],)
        self.beta = self.add_param(beta, shape, 'beta', regularizable=False)
        self.gamma = self.add_param(gamma, shape, 'gamma')
        self.mean = self.add_param(mean, shape, 'mean', trainable=False, regularizable=False)
        self.inv_std = self.add_param(
            inv_std, shape, 'inv_std', trainable=False, regularizable=False
        )

    def get_output_for(self, input, deterministic=False, batch_norm_update_averages=None, **kwargs):
        if deterministic:
            return (input - self._by_channel(self.mean)) * self._by_channel(
                self.gamma * self.inv_std
            ) + self._by_channel(self.beta)
        mean, inv_std = [
            theano.clone(average, share_inputs=False) for average in (self.mean, self.inv_std)
        ]
        beta = self.beta
        if batch_norm_update_averages is not False:
            beta += 0 * (mean + inv_std)  # a copy's occurrence in a graph updates the average
        output, *statistics = batch_normalization_train(
            input, self.gamma, beta, self.axes, self.epsilon
        )
        for copy, average, statistic in zip((mean, inv_std), (self.mean, self.inv_std), statistics):
            copy.default_update = (1 - self.alpha) * average + self.alpha * statistic
        return output

    def _by_channel(self, parameter):
        return parameter.dimshuffle('x', 0, *'x' * (len(self.input_shape) - 2))


class StandardizationLayer(Layer):
    """Subtracts the mean of each picture and divides by its standard deviation.

    y = (x − mean) / sqrt(variance + ε), where the statistics (the biased variance) are taken in
    each picture alone, over all positions.

    Parameters
    ----------
    incoming : Layer or tuple
        Shape (batch, channels, rows, columns).
    axes : 'spatial' or 'features'
        Each channel by its own statistics, or all channels of a picture by one pair of them.
    epsilon : float
        ε; at least 10⁻⁵, as Theano's operation demands.
    """

    def __init__(self, incoming, axes='spatial', epsilon=1e-4, **kwargs):
        super().__init__(incoming, **kwargs)
        self.axes, self.epsilon = axes, epsilon

    def get_output_for(self, input, **kwargs):
        # Batch normalization standardizes channels: so what is to be standardized becomes one.
        batch, channels, rows, columns = input.shape
        shape = (1, batch * channels, rows, columns)
        if self.axes == 'features':
            shape = (1, batch, channels * rows, columns)
        one, zero = [T.alloc(T.constant(value, dtype=input.dtype), shape[1]) for value in (1, 0)]
        output, _, _ = batch_normalization_train(
            input.reshape(shape), one, zero, (0, 2, 3), self.epsilon
        )
        return output.reshape(input.shape)


class AffineLayer(Layer):
    """γ · x + β, with a trainable scale and shift for each channel, (channels,)."""

    def __init__(
        self,
        incoming,
        beta=lasagne.init.Constant(0),  # noqa: B008, an initializer keeps no state
        gamma=lasagne.init.Constant(1),  # noqa: B008
        **kwargs,
    ):
        super().__init__(incoming, **kwargs)
        shape = (self.input_shape[1],)
        self.beta = self.add_param(beta, shape, 'beta', regularizable=False)
        self.gamma = self.add_param(gamma, shape, 'gamma')

    def get_output_for(self, input, **kwargs):
        gamma, beta = [
            param.dimshuffle('x', 0, *'x' * (input.ndim - 2)) for param in (self.gamma, self.beta)
        ]
        return input * gamma + beta


def batch_norm(layer: Layer, **kwargs) -> Layer:
    """Insert batch normalization before the nonlinearity of ``layer``, in place of its biases.

    Parameters
    ----------
    layer : Layer
        A layer with a ``nonlinearity`` and a ``b``, which may be None; both are removed from it.
    **kwargs
        Passed to :class:`BatchNormLayer`.

    Returns
    -------
    Layer
        The layer that applies the nonlinearity to the normalized feature maps.
    """
    return _before_nonlinearity(layer, lambda linear: BatchNormLayer(linear, **kwargs))


def instance_norm(layer: Layer, name: str | None = None) -> Layer:
    """As :func:`batch_norm`, for each channel of each picture alone (Ulyanov et al. 2016)."""
    return _before_nonlinearity(
        layer, lambda linear: AffineLayer(StandardizationLayer(linear, 'spatial'), name=name)
    )


def layer_norm(layer: Layer, name: str | None = None) -> Layer:
    """As :func:`batch_norm`, for all channels of each picture together (Ba et al. 2016)."""
    return _before_nonlinearity(
        layer, lambda linear: AffineLayer(StandardizationLayer(linear, 'features'), name=name)
    )


def _before_nonlinearity(layer, normalize):
    """The nonlinearity of ``layer``, after ``normalize`` of the layer without it and its biases."""
    nonlinearity, layer.nonlinearity = layer.nonlinearity, lasagne.nonlinearities.identity
    if layer.b is not None:
        del layer.params[layer.b]
        layer.b = None
    return lasagne.layers.NonlinearityLayer(normalize(layer), nonlinearity)
