"""A DenseNet (Huang et al. 2017; Jegou et al. 2017) on the squared error.

Dense blocks of growth 16, transitions down and up, concatenation. Nesterov's momentum of 0.9 as
Huang et al. have it (section 4.2), without weight decay and with a constant rate; or Adam.
"""

from dataclasses import dataclass
from pathlib import Path

from running import backend, first_generator, open_run

from ift6266 import training
from ift6266.networks.architecture import Architecture

from .variant import Variant

RATE, MOMENTUM = 0.1, 0.9
ADAMS_RATE = 1e-3
GENERATOR = Architecture('densenet')


@dataclass(frozen=True, kw_only=True)
class Options(Variant):
    """The constants of the papers; the options of these names change them."""

    variant: str = 'densenet'
    output: Path = Path('runs', 'densenet')
    adam: bool = False
    learning_rate: float | None = None


def train(options):
    # Network and data.
    generator = first_generator(options, GENERATOR)
    job = open_run(options, GENERATOR, generator)

    # Loss and algorithm.
    if options.adam:
        optimizer = training.Adam(options.learning_rate or ADAMS_RATE)
    else:
        optimizer = training.SGD(options.learning_rate or RATE, MOMENTUM)
    algorithm = training.Reconstruction(generator, optimizer, backend=backend(options))

    # Loop.
    return job.train(algorithm)
