"""The training steps: what the report's algorithm does to a minibatch, compiled.

Each function here takes layer graphs whose input layers hold their own variables,
and returns a Theano function.  A step moves the parameters, the Adam moments and
the batch normalization averages of the network that it trains, and nothing else.
"""

from collections import OrderedDict

import theano.tensor as T
from lasagne.layers import get_all_params, get_output
from theano import Out

from ift6266.backends import AUTO
from ift6266.networks import input_layers, input_vars
from ift6266.objectives import adversarial_loss, critic_loss, reconstruction_loss


def clip_updates(updates, params, limit):
    """``updates`` with the new values of ``params`` clipped to [−limit, limit]."""
    return OrderedDict(
        (variable, T.clip(value, -limit, limit) if variable in params else value)
        for variable, value in updates.items()
    )


def compile_paint(generator, backend=AUTO):
    """inputs → painted centres, normalized by the minibatch, as the critic step sees them.

    They are for it alone, and need not leave the device: :class:`theano.Out`.
    """
    painted = get_output(generator, batch_norm_update_averages=False)
    return backend.compile(input_vars(generator), Out(painted, borrow=True), 'painting')


def compile_l2_step(generator, optimizer, backend=AUTO):
    """(inputs, target) → mean squared error; trains the generator on it."""
    target = T.tensor4('target')
    loss = reconstruction_loss(get_output(generator), target)
    updates = optimizer(loss, get_all_params(generator, trainable=True))
    return backend.compile(input_vars(generator) + [target], loss, 'L2 step', updates=updates)


def scores(critic, context, target, painted, together=False):
    """The critic's outputs for photographs and for painted centres.

    Batch normalization sees the two one after the other, as in the report, or ``together`` as
    one minibatch: then it cannot tell them apart by what it takes for the mean.  The critic's
    running averages, which nothing reads, follow the photographs that come alone.
    The context is for a critic that sees it.
    """
    if not together:
        return (
            get_output(critic, look(critic, target, context)),
            get_output(critic, look(critic, painted, context), batch_norm_update_averages=False),
        )
    centres, contexts = [T.concatenate(pair) for pair in ((target, painted), (context, context))]
    both = get_output(critic, look(critic, centres, contexts), batch_norm_update_averages=False)
    return both[: target.shape[0]], both[target.shape[0] :]


def look(critic, centre, context):
    """What the critic's input layers take: a centre, and the context where it is seen."""
    return dict(zip(input_layers(critic), (centre, context)))


def compile_critic_step(critic, optimizer, clip, together=False, backend=AUTO):
    """(context, target, painted) → critic loss, scores; trains the critic, clips its parameters.

    The result is a dict: ``critic_loss``, and the mean scores ``real_score``, ``painted_score``.
    """
    context, target, painted = [T.tensor4(name) for name in ('context', 'target', 'painted')]
    real_score, painted_score = scores(critic, context, target, painted, together)
    loss = critic_loss(real_score, painted_score)
    params = get_all_params(critic, trainable=True)
    updates = clip_updates(optimizer(loss, params), params, clip)
    outputs = {
        'critic_loss': loss,
        'real_score': real_score.mean(),
        'painted_score': painted_score.mean(),
    }
    return backend.compile(
        [context, target, painted],
        outputs,
        'critic step',
        updates=updates,
        on_unused_input='ignore',
    )  # the report's critic sees no context


def compile_generator_step(
    generator, critic, optimizer, adversarial_weight=1, together=False, backend=AUTO
):
    """(inputs, target) → losses; trains the generator on L2 and the critic's score.

    The result is a dict: ``train_mse``, ``generator_loss``, and ``adversarial_pull``, how strongly
    the critic pulls at the painted pixels as a multiple of how strongly L2 does: the norm of the
    one term's gradient over that of the other's.
    """
    inputs, target = input_vars(generator), T.tensor4('target')
    context, painted = inputs[0], get_output(generator)
    if together:
        _, score = scores(critic, context, target, painted, together)
    else:
        score = get_output(critic, look(critic, painted, context), batch_norm_update_averages=False)
    squared_error = reconstruction_loss(painted, target)
    adversarial = adversarial_weight * adversarial_loss(score)
    params = get_all_params(generator, trainable=True)
    pulls = T.grad(adversarial, painted), T.grad(squared_error, painted)
    gradients = T.grad(None, params, known_grads={painted: sum(pulls)})
    outputs = {
        'generator_loss': adversarial + squared_error,
        'train_mse': squared_error,
        'adversarial_pull': pulls[0].norm(2) / pulls[1].norm(2),
    }
    return backend.compile(
        inputs + [target], outputs, 'generator step', updates=optimizer(gradients, params)
    )
