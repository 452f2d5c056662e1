"""The training steps: what the report's algorithm does to a minibatch, compiled.

Each function here takes layer graphs whose input layers hold their own variables, and returns a
:class:`Step`.  A step moves the parameters, the optimizer's state and the batch normalization
averages of the network that it trains, and nothing else.
"""

import numpy as np
import theano.tensor as T
from lasagne.layers import get_all_params, get_output
from lasagne.objectives import squared_error
from theano import Out
from theano.gof.graph import inputs as graph_inputs

from ift6266.backends import AUTO, Backend
from ift6266.data.streams import TrainingStream
from ift6266.holes import CENTRE, centre
from ift6266.networks.sources import input_layers, input_vars, target_source
from ift6266.objectives.adversarial import AdversarialLoss
from ift6266.objectives.wasserstein import WASSERSTEIN


class Step:
    """A compiled function of minibatches, which takes of their sources what it needs.

    Parameters
    ----------
    sources : dict of Theano variables
        By the names of the sources.
    outputs : Theano variable, or a dict of them
    name : str
        For messages.
    updates : dict, optional
        New values of shared variables.
    backend : Backend
    """

    def __init__(self, sources, outputs, name: str, *, updates=None, backend: Backend = AUTO):
        expressions = list(outputs.values()) if isinstance(outputs, dict) else [outputs]
        expressions = [getattr(each, 'variable', each) for each in expressions]
        used = graph_inputs(expressions + list((updates or {}).values()))
        self.sources = [source for source, variable in sources.items() if variable in used]
        inputs = [sources[source] for source in self.sources]
        self.function = backend.compile(inputs, outputs, name, updates=updates)

    def __call__(self, minibatch: dict[str, np.ndarray]):
        return self.function(*(minibatch[source] for source in self.sources))


def source_vars(generator) -> dict:
    """Theano variables of all that a minibatch may hold, the generator's own among them."""
    others = ('context', 'mask', 'centre', 'picture', 'painted')
    made = {'caption': T.matrix('caption'), **{source: T.tensor4(source) for source in others}}
    return {**made, **input_vars(generator)}


def compile_preparation(stream: TrainingStream, backend=AUTO) -> Step:
    """Raw minibatch of the stream → what networks take, a dict: mirrored, as floats, cut.

    It need not leave the device: :class:`theano.Out`.
    """
    sources = {'image': T.tensor4('image', 'uint8'), 'flip': T.vector('flip', 'bool')}
    image, hole = sources['image'], T.constant(centre()[np.newaxis, np.newaxis])
    if stream.flips:
        flip = sources['flip'].dimshuffle(0, 'x', 'x', 'x')
        image = T.switch(flip, image[..., ::-1], image)
    if stream.holes is not centre:
        sources['mask'] = hole = T.tensor4('mask', 'bool')
    picture = T.cast(image, stream.dtype) / T.constant(255, dtype=stream.dtype)
    mask = T.cast(hole, stream.dtype) + T.zeros_like(picture[:, :1])
    made = {
        'context': picture * (1 - T.addbroadcast(mask, 1)),
        'mask': mask,
        'centre': picture[CENTRE],
        'picture': picture,
    }
    outputs = {
        source: Out(made[source], borrow=True) for source in stream.sources if source in made
    }
    return Step(sources, outputs, 'preparation', backend=backend)


def compile_painting(generator, backend=AUTO) -> Step:
    """minibatch → what the generator paints, normalized by the minibatch, for the critic.

    It is for the critic alone, and need not leave the device: :class:`theano.Out`.
    """
    painted = get_output(generator, batch_norm_update_averages=False)
    return Step(input_vars(generator), Out(painted, borrow=True), 'painting', backend=backend)


def compile_reconstruction_step(
    generator, optimizer, *, reconstruction=squared_error, weights=None, backend=AUTO
) -> Step:
    """minibatch → losses; trains the generator on a reconstruction loss alone."""
    sources = source_vars(generator)
    loss, losses = reconstruction_losses(
        generator,
        get_output(generator),
        sources,
        reconstruction=reconstruction,
        weights=weights,
    )
    updates = optimizer(loss, get_all_params(generator, trainable=True))
    return Step(sources, losses, 'reconstruction step', updates=updates, backend=backend)


def compile_critic_step(
    generator, critic, optimizer, *, adversarial=WASSERSTEIN, constraint, joint=False, backend=AUTO
) -> Step:
    """minibatch → critic loss and scores; trains the critic, and constrains its parameters.

    The minibatch holds ``painted`` too, as :func:`compile_painting` makes it.  The result is a
    dict: ``critic_loss``, and the mean scores ``real_score``, ``painted_score``.
    """
    sources = source_vars(generator)
    real, painted = scores(
        critic,
        views(generator, sources[target_source(generator)], sources),
        views(generator, sources['painted'], sources),
        joint=joint,
        update_averages=True,
    )
    loss = adversarial.critic(real, painted)
    params = get_all_params(critic, trainable=True)
    updates = constraint(optimizer(loss, params), params)
    outputs = {'critic_loss': loss, 'real_score': real.mean(), 'painted_score': painted.mean()}
    return Step(sources, outputs, 'critic step', updates=updates, backend=backend)


def compile_generator_step(
    generator,
    critic,
    optimizer,
    *,
    reconstruction=squared_error,
    weights=None,
    adversarial: AdversarialLoss = WASSERSTEIN,
    weight=1,
    joint=False,
    backend=AUTO,
) -> Step:
    """minibatch → losses; trains the generator on a reconstruction and an adversarial loss.

    The result is a dict: ``generator_loss``; those of :func:`reconstruction_losses`; and
    ``adversarial_pull``, how strongly the critic pulls at the painted pixels as a multiple of how
    strongly the reconstruction loss does: the norm of the one term's gradient over that of the
    other's.  ``weight`` is that of the adversarial loss.
    """
    sources = source_vars(generator)
    output = get_output(generator)
    real, painted = scores(
        critic,
        views(generator, sources[target_source(generator)], sources),
        views(generator, output, sources),
        joint=joint,
    )
    reconstruction_loss, losses = reconstruction_losses(
        generator, output, sources, reconstruction=reconstruction, weights=weights
    )
    adversarial_loss = weight * adversarial.generator(real, painted)
    pulls = T.grad(adversarial_loss, output), T.grad(reconstruction_loss, output)
    params = get_all_params(generator, trainable=True)
    gradients = T.grad(None, params, known_grads={output: sum(pulls)})
    outputs = {
        'generator_loss': adversarial_loss + reconstruction_loss,
        **losses,
        'adversarial_pull': pulls[0].norm(2) / pulls[1].norm(2),
    }
    updates = optimizer(gradients, params)
    return Step(sources, outputs, 'generator step', updates=updates, backend=backend)


def reconstruction_losses(generator, painted, sources, *, reconstruction, weights=None):
    """The mean of a reconstruction loss over the pixels of the hole; and what to record of it.

    ``weights``, for a generator that paints the whole picture, is a function mask → weights of
    pixels, as :func:`ift6266.objectives.reconstruction.overlap`: the mean is over those of weight.

    The record is a dict: ``train_mse``, the squared error, and where the loss is another that
    too, as ``train_`` and the name of its function.
    """
    target = target_source(generator)
    mask = None if target == 'centre' else sources['mask']

    def mean(loss, weights):
        each = loss(painted, sources[target])
        if mask is None:
            return each.mean()
        pixels = T.gt(weights, 0).sum(dtype=weights.dtype)
        return (weights * each.mean(axis=1, keepdims=True)).sum() / pixels

    loss = mean(reconstruction, weights(mask) if weights else mask)
    if reconstruction is squared_error and not weights:
        return loss, {'train_mse': loss}
    return loss, {'train_mse': mean(squared_error, mask), f'train_{reconstruction.__name__}': loss}


def views(generator, painted, sources) -> dict:
    """All that a critic may take of pictures whose holes are ``painted``, by source.

    ``painted`` is what the generator paints, or the truth in its place.
    """
    context, mask = sources['context'], sources['mask']
    given = {source: sources[source] for source in ('context', 'mask', 'caption')}
    if target_source(generator) == 'centre':
        picture = T.set_subtensor(context[CENTRE], painted)
        return {**given, 'picture': picture, 'centre': painted}
    picture = context + T.addbroadcast(mask, 1) * painted
    return {**given, 'picture': picture, 'centre': picture[CENTRE]}


def scores(critic, real, painted, *, joint=False, update_averages=False):
    """The critic's outputs for photographs and for painted pictures, both as :func:`views`.

    Batch normalization sees the two one after the other, as in the report, or with ``joint`` as
    one minibatch: then it cannot tell them apart by what it takes for the mean.  With
    ``update_averages`` the critic's running averages, which nothing reads, follow the photographs
    that come alone.
    """

    def outputs(seen, **options):
        inputs = {layer: seen[source] for source, layer in input_layers(critic).items()}
        return get_output(critic, inputs, **options)

    if not joint:
        update = {} if update_averages else {'batch_norm_update_averages': False}
        return outputs(real, **update), outputs(painted, batch_norm_update_averages=False)
    both = {source: T.concatenate([real[source], painted[source]]) for source in real}
    results = outputs(both, batch_norm_update_averages=False)
    batch = real[next(iter(input_layers(critic)))].shape[0]
    return results[:batch], results[batch:]
