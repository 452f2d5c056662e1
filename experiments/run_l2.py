"""Train the report's first system: the generator alone, on the squared error (L2).

Every convolution is 4x4 with stride 2, batch-normalized and rectified; the decoder sees
the encoder's feature maps through concatenating skip connections. Adam, learning rate
2e-3, beta (0.5, 0.999), minibatches of 32.
"""

from dataclasses import dataclass
from pathlib import Path

from beyond import BeyondL2
from options import run
from running import RunOptions, backend, begin, first_generator, open_run

from ift6266 import training
from ift6266.networks.architecture import Architecture
from ift6266.objectives import RECONSTRUCTIONS


@dataclass(frozen=True, kw_only=True)
class Options(BeyondL2, RunOptions):
    """The report's settings; the options of these names change them."""

    output: Path = Path('runs', 'l2')
    network: str = 'generator'
    reconstruction: str = 'l2'
    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 2e-3


def main():
    return train(begin(Options, __doc__))


def train(options):
    # Network and data.
    architecture = Architecture(options.network, {'filters': options.filters})
    generator = first_generator(options, architecture)
    job = open_run(options, architecture, generator)

    # Loss and algorithm.
    algorithm, schedules = build_reconstruction(options, generator, options.epochs)

    # Loop.
    return job.train(algorithm, schedules)


def build_reconstruction(options, generator, epochs):
    """Train on the reconstruction loss alone, for so many epochs: algorithm and schedules."""
    rate = training.shared_scalar(options.learning_rate)
    algorithm = training.Reconstruction(
        generator,
        training.Adam(rate, beta1=0.5, weight_decay=options.weight_decay),
        reconstruction=RECONSTRUCTIONS[options.reconstruction],
        backend=backend(options),
    )
    return algorithm, decays(options, [rate], start=0, end=epochs)


def decays(options, rates, *, start, end):
    """The fall of learning rates that ``--decay`` asks for, after ``start`` epochs."""
    if not options.decay:
        return []
    return [training.DECAYS[options.decay](rate, start, end) for rate in rates]


def warm_up(options, generator, *, then, schedules):
    """The algorithm ``then``, after ``--warm-up`` epochs of the reconstruction loss alone."""
    if not options.warm_up:
        return then, schedules
    first, first_schedules = build_reconstruction(options, generator, options.warm_up)
    return training.WarmUp(first, options.warm_up, then), first_schedules + schedules


if __name__ == '__main__':
    run(main)
