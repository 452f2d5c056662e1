"""What the scripts with a critic share: its options, and the algorithm that they make."""
from options import COUNT, POSITIVE, number


def add_adversarial_options(parser):
    """The options of L2 + WGAN."""
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


def set_clip(options):
    """The limit that the report has for this number of critic steps, where none was given."""
    options.clip = options.clip or (0.03 if options.critic_steps == 5 else 0.05)


def build_algorithm(options, generator, learning_rate):
    """L2 + WGAN for a generator, after a warm-up on L2 alone where one is asked for."""
    from ift6266.networks import build_critic
    from ift6266.training.algorithms import L2, WGAN, WarmUp

    critic = build_critic(num_outputs=options.critic_outputs, leakiness=options.critic_leakiness)
    wgan = WGAN(generator, critic, learning_rate, options.critic_steps, options.clip,
                options.adversarial_weight, options.backend, options.precision)
    if not options.warm_up:
        return wgan
    l2 = L2(generator, learning_rate, options.backend, options.precision)
    return WarmUp(l2, options.warm_up, wgan)
