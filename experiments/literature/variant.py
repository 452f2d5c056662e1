"""What variants share: their options, and the GAN of those that follow DCGAN."""

from dataclasses import dataclass

from running import RunOptions, backend

from ift6266 import training
from ift6266.objectives import ADVERSARIAL_LOSSES, CONSTRAINTS

# Minibatches of 32, 64 and 128 make as many updates in these: 12,496 (12,480 of 128) with the
# 50,000 pictures of natural64.
EPOCHS_OF_32, EPOCHS_OF_64, EPOCHS_OF_128 = 8, 16, 32


@dataclass(frozen=True, kw_only=True)
class Variant(RunOptions):
    """The generator that is kept is the last: nothing is chosen on held-out pictures."""

    variant: str
    epochs: int = EPOCHS_OF_32
    batch_size: int = 32
    learning_rate: float = 2e-3
    save: str = 'last'


def logarithmic_gan(options, generator, critic, *, critic_learning_rate=None, **settings):
    """DCGAN's: a logarithmic GAN, a critic step for each of the generator's, Adam with beta1 0.5.

    ``settings`` are those of the reconstruction loss, and the weight of the adversarial one.
    """
    return training.Adversarial(
        generator,
        critic,
        generator_optimizer=training.Adam(options.learning_rate),
        critic_optimizer=training.Adam(critic_learning_rate or options.learning_rate),
        critic_steps=1,
        adversarial=ADVERSARIAL_LOSSES['logarithmic'],
        constraint=CONSTRAINTS['none'](),
        backend=backend(options),
        **settings,
    )
