"""The report's first system as its notebook has it: twice the filters, half the learning rate.

Departures: the pictures come in another order in each epoch, and none is left out.
"""

from dataclasses import dataclass
from pathlib import Path

import run_l2

from ift6266.networks.architecture import Architecture

from .variant import EPOCHS_OF_32

FILTERS = (64, 128, 192, 256)
GENERATOR = Architecture('generator', {'filters': FILTERS})


@dataclass(frozen=True, kw_only=True)
class Options(run_l2.Options):
    """The notebook's constants; the options of these names change them."""

    variant: str = 'notebook_l2'
    output: Path = Path('runs', 'notebook_l2')
    save: str = 'last'
    epochs: int = EPOCHS_OF_32
    filters: tuple[int, ...] = FILTERS
    learning_rate: float = 1e-3


train = run_l2.train
