"""The report's first system: its generator on the squared error."""

from dataclasses import dataclass
from pathlib import Path

import run_l2

from ift6266.networks.architecture import Architecture

from .variant import EPOCHS_OF_32

GENERATOR = Architecture('generator')


@dataclass(frozen=True, kw_only=True)
class Options(run_l2.Options):
    """The report's constants; the options of these names change them."""

    variant: str = 'report_l2'
    output: Path = Path('runs', 'report_l2')
    save: str = 'last'
    epochs: int = EPOCHS_OF_32


train = run_l2.train
