"""Train the report's third system: L2, a Wasserstein GAN and the photographs' captions.

The sentence vector of a caption, drawn anew for each picture in each epoch, joins the
generator at its bottleneck of one pixel; critic and losses are those of run_gan.py. The
data set needs caption vectors: python -m ift6266.captions FILE.hdf5 adds them. With
--network captionless_generator the same generator is trained on pictures alone, to
compare with.
"""

from dataclasses import dataclass
from pathlib import Path

from options import run
from run_gan import Options as GanOptions
from run_gan import build_adversarial, build_critic
from run_l2 import build_reconstruction
from running import begin, first_generator, open_run

from ift6266.networks.architecture import Architecture


@dataclass(frozen=True, kw_only=True)
class Options(GanOptions):
    """The report's settings; the options of these names change them."""

    output: Path = Path('runs', 'caption_gan')
    network: str = 'caption_generator'
    loss: str = 'gan'  # L2 and WGAN; or L2 alone


def main():
    options = begin(Options, __doc__)

    # Networks and data.
    architecture = Architecture(options.network, {'filters': options.filters})
    generator = first_generator(options, architecture)
    critic = build_critic(options) if options.loss == 'gan' else None
    job = open_run(options, architecture, generator, critic=critic)

    # Losses and algorithm.
    if critic:
        algorithm, schedules = build_adversarial(options, generator, critic)
    else:
        algorithm, schedules = build_reconstruction(options, generator, options.epochs)

    # Loop.
    return job.train(algorithm, schedules)


if __name__ == '__main__':
    run(main)
