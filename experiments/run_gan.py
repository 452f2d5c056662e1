"""Train the report's second system: L2 and a Wasserstein GAN with clipped weights.

For each minibatch the generator paints once; the critic then takes its steps, each
followed by clipping all its parameters; the generator takes one step on the squared error
and the critic's score. The logged critic loss is -1/2 (score of photographs - score of
painted centres): below zero the critic tells them apart, and at zero it cannot. The
generator loss is the squared error - 1/2 (score of painted centres).
"""

from adversarial import add_adversarial_options, parse_adversarial_options
from algorithms import build_first, build_l2_wgan
from options import LAST_LAYERS, Parser, add_generator_options, add_training_options, begin_run, run

from ift6266.backends import Backend


def main():
    parser = Parser(__doc__)
    add_training_options(parser, output='gan')
    add_generator_options(parser)
    add_adversarial_options(parser)
    options = parse_adversarial_options(parser)
    kind = LAST_LAYERS[options.last_layer]
    generator = build_first(options, kind)
    streams, directory = begin_run(options)

    from ift6266.training.run import train

    algorithm, schedules = build_l2_wgan(options, generator)
    return train(
        algorithm,
        generator,
        kind,
        streams,
        options.epochs,
        directory,
        schedules,
        options.average,
        options.save,
        Backend(options.backend),
    )


if __name__ == '__main__':
    run(main)
