"""A convolutional autoencoder (Masci et al. 2011): to a code and back, on the squared error.

Convolutions and max-pooling to a code of 300 numbers, and back to the centre; tanh, no skip
connections, no normalization. Stochastic gradient descent as in the paper, one minibatch of 32
where it has one picture; or Adam.
"""

from dataclasses import dataclass
from pathlib import Path

from running import backend, first_generator, open_run

from ift6266 import training
from ift6266.networks.architecture import Architecture

from .variant import Variant

FILTERS = (32, 48, 64)  # a third of the paper's 100, 150, 200, for the time of two cores
RATE, ADAMS_RATE = 1.0, 1e-3
GENERATOR = Architecture('autoencoder', {'filters': FILTERS})


@dataclass(frozen=True, kw_only=True)
class Options(Variant):
    """The constants of the paper; the options of these names change them."""

    variant: str = 'autoencoder'
    output: Path = Path('runs', 'autoencoder')
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
        optimizer = training.SGD(options.learning_rate or RATE)
    algorithm = training.Reconstruction(generator, optimizer, backend=backend(options))

    # Loop.
    return job.train(algorithm)
