"""Train the report's second system: L2 and a Wasserstein GAN with clipped weights.

For each minibatch the generator paints once; the critic then takes its steps, each
followed by clipping all its parameters; the generator takes one step on the squared error
and the critic's score. The logged critic loss is -1/2 (score of photographs - score of
painted centres): below zero the critic tells them apart, and at zero it cannot. The
generator loss is the squared error - 1/2 (score of painted centres).
"""
from adversarial import add_adversarial_options, set_dependent_defaults
from algorithms import build_l2_wgan
from options import Parser, add_training_options, begin_run, parse_training_options, run
from recipes import RECIPES


def main():
    parser = Parser(__doc__)
    add_training_options(parser, output='gan')
    add_adversarial_options(parser)
    options = parse_training_options(parser, RECIPES)
    set_dependent_defaults(options)
    streams, directory = begin_run(options)

    from ift6266.networks import build_generator
    from ift6266.training.run import seed_weights, train

    seed_weights(options.seed)
    generator = build_generator()
    algorithm, schedules = build_l2_wgan(options, generator)
    return train(algorithm, generator, 'generator', streams, options.epochs, directory, schedules,
                 options.average, options.backend)


if __name__ == '__main__':
    run(main)
