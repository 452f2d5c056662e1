"""Train the report's second system: L2 and a Wasserstein GAN with clipped weights.

For each minibatch the generator paints once; the critic then takes its steps, each
followed by clipping all its parameters; the generator takes one step on the squared error
and the critic's score. The logged critic loss is -1/2 (score of photographs - score of
painted centres): below zero the critic tells them apart, and at zero it cannot. The
generator loss is the squared error - 1/2 (score of painted centres).
"""
from options import (COUNT, POSITIVE, Parser, add_training_options, begin_run, number,
                     parse_training_options, run)


def main():
    parser = Parser(__doc__)
    add_training_options(parser, output='gan')
    add = parser.add_argument
    add('--critic-steps', type=COUNT, default=5, metavar='N',
        help='critic steps for each generator step')
    add('--clip', type=POSITIVE, metavar='C',
        help="limit of the critic's parameters; by default 0.03 with five critic steps, "
             'else 0.05')
    add('--critic-outputs', type=COUNT, default=256, metavar='N',
        help="filters of the critic's last layer: 256 in the report, 1 in its notebook")
    add('--critic-leakiness', type=number(float, 0, 1), default=0.01, metavar='SLOPE',
        help="of the critic's rectifiers below zero: 0.01 in the notebook; 0 is the ReLU of "
             "the report's text")
    add('--warm-up', type=number(int, 0), default=0, metavar='N',
        help='beyond the report: first train N of the epochs on L2 alone')
    add('--adversarial-weight', type=POSITIVE, default=1, metavar='W',
        help="beyond the report: weight of the critic's score in the generator's loss")
    options = parse_training_options(parser)
    options.clip = options.clip or (0.03 if options.critic_steps == 5 else 0.05)
    streams, directory = begin_run(options)

    from ift6266.networks import build_critic, build_generator
    from ift6266.training.algorithms import L2, WGAN, WarmUp
    from ift6266.training.run import seed_weights, shared_learning_rate, train

    seed_weights(options.seed)
    generator = build_generator()
    critic = build_critic(num_outputs=options.critic_outputs, leakiness=options.critic_leakiness)
    learning_rate = shared_learning_rate(options.learning_rate)
    algorithm = WGAN(generator, critic, learning_rate, options.critic_steps, options.clip,
                     options.adversarial_weight, options.backend)
    if options.warm_up:
        l2 = L2(generator, learning_rate, options.backend)
        algorithm = WarmUp(l2, options.warm_up, algorithm)
    return train(algorithm, generator, 'generator', streams, options.epochs, directory,
                 learning_rate, options.decay, options.backend)


if __name__ == '__main__':
    run(main)
