"""A U-Net (Ronneberger et al. 2015) on the squared error.

Two 3x3 convolutions a level, max-pooling, 2x2 transposed convolutions, concatenation; the output is
cut to the centre. Filters are drawn as in the paper (section 3; He et al. 2015); Adam.
"""

from dataclasses import dataclass
from pathlib import Path

from running import backend, first_generator, open_run

from ift6266 import training
from ift6266.networks.architecture import Architecture
from ift6266.networks.initialization import draw_he

from .variant import Variant

GENERATOR = Architecture('unet')


@dataclass(frozen=True, kw_only=True)
class Options(Variant):
    """The options of these names change the constants."""

    variant: str = 'unet'
    output: Path = Path('runs', 'unet')
    learning_rate: float = 2e-4


def train(options):
    # Network and data.
    generator = first_generator(options, GENERATOR, draw=draw_he)
    job = open_run(options, GENERATOR, generator)

    # Loss and algorithm.
    algorithm = training.Reconstruction(
        generator, training.Adam(options.learning_rate), backend=backend(options)
    )

    # Loop.
    return job.train(algorithm)
