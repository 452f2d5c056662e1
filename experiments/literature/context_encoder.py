"""Context Encoders (Pathak et al. 2016): a narrow bottleneck, L2 and a logarithmic GAN.

The generator's loss is 0.999 L2 + 0.001 adversarial (equation 3), where L2 counts tenfold in the 4
known pixels around the hole; the critic sees the centre. Adam, beta1 0.5, ten times faster for the
generator; minibatches of 64. Weights begin as DCGAN's.
"""

from dataclasses import dataclass
from pathlib import Path

from running import first_generator, open_run

from ift6266.networks import CRITICS
from ift6266.networks.architecture import Architecture
from ift6266.networks.initialization import draw_normal

from .variant import EPOCHS_OF_64, Variant, logarithmic_gan

# Beside an L2 of weight 1: Adam's steps do not depend on the scale of a loss.
ADVERSARIAL_WEIGHT = 0.001 / 0.999
GENERATOR = Architecture('context_encoder')
CRITIC = 'context_encoder_critic'


@dataclass(frozen=True, kw_only=True)
class Options(Variant):
    """The constants of the paper; the options of these names change them."""

    variant: str = 'context_encoder'
    output: Path = Path('runs', 'context_encoder')
    epochs: int = EPOCHS_OF_64
    batch_size: int = 64
    learning_rate: float = 2e-3
    critic_learning_rate: float = 2e-4


def train(options):
    from ift6266.objectives.reconstruction import overlap

    # Networks and data.
    generator = first_generator(options, GENERATOR, draw=draw_normal)
    critic = draw_normal(CRITICS[CRITIC]())
    job = open_run(options, GENERATOR, generator, critic=critic)

    # Losses and algorithm.
    algorithm = logarithmic_gan(
        options,
        generator,
        critic,
        critic_learning_rate=options.critic_learning_rate,
        weights=overlap,
        weight=ADVERSARIAL_WEIGHT,
    )

    # Loop.
    return job.train(algorithm)
