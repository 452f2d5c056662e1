"""The report's second system: L2 and a Wasserstein GAN, five critic steps, clipped to 0.03."""

from dataclasses import dataclass
from pathlib import Path

import run_gan

from ift6266.networks.architecture import Architecture

from .variant import EPOCHS_OF_32

GENERATOR = Architecture('generator')
CRITIC = 'critic'


@dataclass(frozen=True, kw_only=True)
class Options(run_gan.Options):
    """The report's constants; the options of these names change them."""

    variant: str = 'report_wgan'
    output: Path = Path('runs', 'report_wgan')
    save: str = 'last'
    epochs: int = EPOCHS_OF_32


train = run_gan.train
