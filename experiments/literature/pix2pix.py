"""pix2pix (Isola et al. 2017): a U-Net down to one pixel, 100 L1 and a logarithmic GAN of patches.

The critic sees what is known beside the painted picture. Adam, rate 2e-4, beta1 0.5; minibatches of
one picture, whose normalization is that of instances; or of 32, --batch-size 32. Departures: both
losses look at the hole, for the rest is known; the critic's loss is not halved, which Adam would
undo; the generator paints once for the critic's step and, dropping other numbers, for its own.
"""

from dataclasses import dataclass
from pathlib import Path

from running import first_generator, open_run

from ift6266.networks import CRITICS
from ift6266.networks.architecture import Architecture
from ift6266.networks.initialization import draw_normal
from ift6266.objectives import RECONSTRUCTIONS

from .variant import Variant, logarithmic_gan

# Beside an L1 of weight 1, where the paper has 100 and 1: Adam does not see the scale of a loss.
ADVERSARIAL_WEIGHT = 1 / 100
GENERATOR = Architecture('pix2pix')  # of more than one picture
GENERATOR_OF_ONE = Architecture('pix2pix', {'normalization': 'instance'})
CRITIC = 'patch_critic'


@dataclass(frozen=True, kw_only=True)
class Options(Variant):
    """The constants of the paper; the options of these names change them."""

    variant: str = 'pix2pix'
    output: Path = Path('runs', 'pix2pix')
    epochs: int = 1
    batch_size: int = 1
    learning_rate: float = 2e-4


def train(options):
    # Networks and data.
    architecture = GENERATOR_OF_ONE if options.batch_size == 1 else GENERATOR
    generator = first_generator(options, architecture, draw=draw_normal)
    critic = draw_normal(CRITICS[CRITIC]())
    job = open_run(options, architecture, generator, critic=critic)

    # Losses and algorithm.
    algorithm = logarithmic_gan(
        options,
        generator,
        critic,
        reconstruction=RECONSTRUCTIONS['l1'],
        weight=ADVERSARIAL_WEIGHT,
    )

    # Loop.
    return job.train(algorithm)
