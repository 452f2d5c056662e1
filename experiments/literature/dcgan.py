"""DCGAN (Radford et al. 2016): the report's generator beside its critic, with a logarithmic GAN.

L2 and 0.001 of -log D for the generator. Weights are drawn from N(0, 0.02); Adam, rate 2e-4,
beta1 0.5; minibatches of 128 (sections 3 and 4).
"""

from dataclasses import dataclass
from pathlib import Path

from running import first_generator, open_run

from ift6266.networks import CRITICS
from ift6266.networks.architecture import Architecture
from ift6266.networks.initialization import draw_normal

from .variant import EPOCHS_OF_128, Variant, logarithmic_gan

# DCGAN has no L2.  With 1, as the report weighs the two, the critic pulls 500 times as strongly.
ADVERSARIAL_WEIGHT = 0.001
GENERATOR = Architecture('generator')
CRITIC = 'dcgan_critic'


@dataclass(frozen=True, kw_only=True)
class Options(Variant):
    """The constants of the paper; the options of these names change them."""

    variant: str = 'dcgan'
    output: Path = Path('runs', 'dcgan')
    epochs: int = EPOCHS_OF_128
    batch_size: int = 128
    learning_rate: float = 2e-4


def train(options):
    # Networks and data.
    generator = first_generator(options, GENERATOR, draw=draw_normal)
    critic = draw_normal(CRITICS[CRITIC]())
    job = open_run(options, GENERATOR, generator, critic=critic)

    # Losses and algorithm.
    algorithm = logarithmic_gan(options, generator, critic, weight=ADVERSARIAL_WEIGHT)

    # Loop.
    return job.train(algorithm)
