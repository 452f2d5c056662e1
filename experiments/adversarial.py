"""The options of L2 + WGAN, which the scripts with a critic share."""

from options import COUNT, POSITIVE, number, parse_training_options
from recipes import RECIPES

from ift6266.errors import InputError


def add_adversarial_options(parser):
    """The options of L2 + WGAN."""
    add = parser.add_argument
    add(
        '--recipe',
        choices=RECIPES,
        default='report',
        help="what the other options are by default: the report's setting, or one of "
        'docs/recipe.md',
    )
    add(
        '--critic-steps',
        type=COUNT,
        default=5,
        metavar='N',
        help='critic steps for each generator step',
    )
    add(
        '--clip',
        type=POSITIVE,
        metavar='C',
        help="limit of the critic's parameters; by default 0.03 with five critic steps, else 0.05",
    )
    add(
        '--critic-outputs',
        type=COUNT,
        default=256,
        metavar='N',
        help="filters of the critic's last layer: 256 in the report, 1 in its notebook",
    )
    add(
        '--critic-leakiness',
        type=number(float, 0, 1),
        default=0.01,
        metavar='SLOPE',
        help="of the critic's rectifiers below zero: 0.01 in the notebook; 0 is the ReLU of "
        "the report's text",
    )
    beyond = parser.add_argument_group('beyond the report')
    add = beyond.add_argument
    add(
        '--warm-up',
        type=number(int, 0),
        default=0,
        metavar='N',
        help='first train N of the epochs on L2 alone',
    )
    add(
        '--adversarial-weight',
        type=POSITIVE,
        default=1,
        metavar='W',
        help="of the critic's score in the generator's loss",
    )
    add(
        '--ramp',
        type=number(int, 0),
        default=0,
        metavar='N',
        help='let that weight rise from zero over the first N epochs with a critic',
    )
    add(
        '--critic-normalization',
        choices=('batch', 'together', 'layer', 'instance', 'none'),
        default='batch',
        help='of its feature maps: over photographs and painted centres as two minibatches or '
        'together as one, over each picture, over each map of each picture, or none',
    )
    add(
        '--critic-view',
        choices=('centre', 'surroundings', 'detail', 'grain'),
        default='centre',
        help='what it sees: the centre, eight pixels around it as well, the finest detail of the '
        'centre, or the detail in grey and in differences of colours, of the centre and '
        'eight pixels around it',
    )
    add(
        '--optimizer',
        choices=('adam', 'rmsprop'),
        default='adam',
        help='of both networks while there is a critic',
    )
    add(
        '--beta1',
        type=number(float, 0, 0.999),
        default=0.5,
        metavar='B',
        help="decay of that Adam's first moments",
    )
    add(
        '--generator-learning-rate',
        type=POSITIVE,
        metavar='RATE',
        help='while there is a critic; by default --learning-rate',
    )
    add('--critic-learning-rate', type=POSITIVE, metavar='RATE', help='by default --learning-rate')
    add(
        '--first-critic-steps',
        type=COUNT,
        metavar='N',
        help='critic steps for each of the first 25 generator steps; 100 in the code of the '
        'WGAN paper',
    )


def parse_adversarial_options(parser, arguments=None):
    """As ``parse_training_options``, with the recipe's defaults, and those that follow others."""
    parser.set_defaults(**RECIPES[parser.parse_args(arguments).recipe])
    options = parse_training_options(parser, arguments)
    if options.warm_up >= options.epochs:
        raise InputError(
            f'a warm-up of {options.warm_up} epochs leaves none of the {options.epochs} to the critic; give a lower '
            '--warm-up or more --epochs'
        )
    options.clip = options.clip or (0.03 if options.critic_steps == 5 else 0.05)
    options.generator_learning_rate = options.generator_learning_rate or options.learning_rate
    options.critic_learning_rate = options.critic_learning_rate or options.learning_rate
    return options
