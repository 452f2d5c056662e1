"""What the options of a training script ask for: a generator; the algorithm and its schedules."""

from ift6266.backends import Backend


def build_first(options, kind):
    """A generator of a kind in ``BUILDERS``, its weights drawn by the seed or trained before."""
    from ift6266.distributed import this_process
    from ift6266.models import find
    from ift6266.networks import BUILDERS
    from ift6266.networks.weights import load_network
    from ift6266.training.run import seed_weights

    seed_weights(options.seed)
    if not options.generator:
        return BUILDERS[kind]()
    with this_process().barrier():
        return load_network(find(options.generator), [kind])


def build_l2(options, generator, epochs):
    """L2 alone, for so many ``epochs`` from the first."""
    from ift6266.training.algorithms import L2
    from ift6266.training.extensions import LinearDecay
    from ift6266.training.run import shared_scalar

    rate = shared_scalar(options.learning_rate)
    algorithm = L2(generator, rate, Backend(options.backend, options.precision))
    return algorithm, [LinearDecay(rate, 0, epochs)] if options.decay else []


def build_l2_wgan(options, generator):
    """L2 + WGAN, after a warm-up on L2 alone where one is asked for."""
    from ift6266.networks import build_critic
    from ift6266.training.algorithms import WGAN, WarmUp
    from ift6266.training.extensions import LinearDecay, LinearRise
    from ift6266.training.optimizers import Adam, RMSProp
    from ift6266.training.run import shared_scalar

    together = options.critic_normalization == 'together'
    critic = build_critic(
        num_outputs=options.critic_outputs,
        leakiness=options.critic_leakiness,
        normalization='batch' if together else options.critic_normalization,
        view=options.critic_view,
    )
    rates = [
        shared_scalar(rate)
        for rate in (options.generator_learning_rate, options.critic_learning_rate)
    ]
    optimizers = [
        Adam(rate, options.beta1) if options.optimizer == 'adam' else RMSProp(rate)
        for rate in rates
    ]
    weight = shared_scalar(options.adversarial_weight)
    algorithm = WGAN(
        generator,
        critic,
        optimizers,
        options.critic_steps,
        options.clip,
        weight,
        together,
        options.first_critic_steps,
        Backend(options.backend, options.precision),
    )
    schedules = [LinearRise(weight, options.warm_up, options.ramp)] if options.ramp else []
    if options.decay:
        schedules += [LinearDecay(rate, options.warm_up, options.epochs) for rate in rates]
    if options.warm_up:
        l2, l2_schedules = build_l2(options, generator, options.warm_up)
        return WarmUp(l2, options.warm_up, algorithm), l2_schedules + schedules
    return algorithm, schedules
