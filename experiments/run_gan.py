"""Train the report's second system: L2 and a Wasserstein GAN with clipped weights.

For each minibatch the generator paints once; the critic takes its steps, each followed by
clipping all its parameters; the generator takes one step on the squared error and the
critic's score. Critic loss: -1/2 (score of photographs - score of painted centres), below
zero where it distinguishes them. Generator loss: squared error - 1/2 (painted score).
"""

from dataclasses import dataclass
from pathlib import Path

import run_l2
from beyond import BeyondGan
from options import run
from running import backend, begin, first_generator, open_run

from ift6266 import training
from ift6266.networks import CRITICS, build
from ift6266.networks.architecture import Architecture
from ift6266.objectives import ADVERSARIAL_LOSSES, CONSTRAINTS, RECONSTRUCTIONS


@dataclass(frozen=True, kw_only=True)
class Options(BeyondGan, run_l2.Options):
    """The report's settings; the options of these names change them."""

    output: Path = Path('runs', 'gan')
    critic: str = 'critic'
    critic_outputs: int | None = None
    critic_leakiness: float | None = None
    critic_steps: int = 5  # for each generator step
    adversarial: str = 'wasserstein'
    adversarial_weight: float = 1
    constraint: str = 'clipping'
    clip: float | None = None  # 0.03 with five critic steps, else 0.05
    beta1: float = 0.5


def main():
    return train(begin(Options, __doc__))


def train(options):
    # Networks and data.
    architecture = Architecture(options.network, {'filters': options.filters})
    generator = first_generator(options, architecture)
    critic = build_critic(options)
    job = open_run(options, architecture, generator, critic=critic)

    # Losses and algorithm.
    algorithm, schedules = build_adversarial(options, generator, critic)

    # Loop.
    return job.train(algorithm, schedules)


def build_critic(options):
    return build(
        CRITICS,
        options.critic,
        outputs=options.critic_outputs,
        leakiness=options.critic_leakiness,
        normalization=options.critic_normalization,
        view=options.critic_view,
        blur=options.critic_blur,
    )


def build_adversarial(options, generator, critic):
    """Train on both losses, after a warm-up: algorithm and schedules."""
    rates = [
        training.shared_scalar(rate or options.learning_rate)
        for rate in (options.generator_learning_rate, options.critic_learning_rate)
    ]
    decay = options.weight_decay
    optimizers = [training.Adam(rate, options.beta1, weight_decay=decay) for rate in rates]
    if options.optimizer == 'rmsprop':
        optimizers = [training.RMSProp(rate) for rate in rates]
    weight = training.shared_scalar(options.adversarial_weight)
    constraint = CONSTRAINTS[options.constraint](options.clip or default_clip(options))
    algorithm = training.Adversarial(
        generator,
        critic,
        generator_optimizer=optimizers[0],
        critic_optimizer=optimizers[1],
        critic_steps=options.critic_steps,
        first_critic_steps=options.first_critic_steps,
        reconstruction=RECONSTRUCTIONS[options.reconstruction],
        adversarial=ADVERSARIAL_LOSSES[options.adversarial],
        constraint=constraint,
        weight=weight,
        joint=options.joint,
        backend=backend(options),
    )
    schedules = run_l2.decays(options, rates, start=options.warm_up, end=options.epochs)
    if options.ramp:
        end = options.warm_up + options.ramp
        schedules.append(training.LinearRise(weight, options.warm_up, end))
    return run_l2.warm_up(options, generator, then=algorithm, schedules=schedules)


def default_clip(options):
    """The report's limit where the critic's parameters are clipped."""
    if options.constraint != 'clipping':
        return None
    return 0.03 if options.critic_steps == 5 else 0.05


if __name__ == '__main__':
    run(main)
