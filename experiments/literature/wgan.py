"""L2 and a Wasserstein GAN (Arjovsky et al. 2017) with the paper's settings.

The report's networks. RMSProp, rate 5e-5; weights clipped to 0.01; minibatches of 64; five critic
steps for each of the generator's, 100 for each of its first 25 and for every 500th (algorithm 1,
and the authors' code). Departure: RMSProp's mean squares keep 0.9 of themselves, as Lasagne has
it, where the code's keep 0.99.
"""

from dataclasses import dataclass
from pathlib import Path

import run_gan

from ift6266.networks.architecture import Architecture

from .variant import EPOCHS_OF_64

GENERATOR = Architecture('generator')
CRITIC = 'critic'


@dataclass(frozen=True, kw_only=True)
class Options(run_gan.Options):
    """The constants of the paper; the options of these names change them."""

    variant: str = 'wgan'
    output: Path = Path('runs', 'wgan')
    save: str = 'last'
    epochs: int = EPOCHS_OF_64
    batch_size: int = 64
    optimizer: str = 'rmsprop'
    learning_rate: float = 5e-5
    clip: float = 0.01
    critic_steps: int = 5
    first_critic_steps: int = 100


train = run_gan.train
