"""Train a variant of the report's literature; with --variant, --help has its options."""

from importlib import import_module

from literature import VARIANTS
from options import OptionError, Parser, run
from running import begin


def main():
    parser = Parser(__doc__, add_help=False)
    parser.add_argument('-h', '--help', action='store_true', help='print this')
    parser.add_argument('--list', action='store_true', help='print what each variant is')
    parser.add_argument('--costs', action='store_true', help='print what a step of each takes')
    parser.add_argument('--variant', choices=VARIANTS, help='what is trained')
    asked, _ = parser.parse_known_args()
    if asked.list:
        print_variants()
    elif asked.costs:
        print_costs()
    elif asked.variant:
        variant = module(asked.variant)
        return variant.train(begin(variant.Options, variant.__doc__))
    elif asked.help:
        parser.print_help()
    else:
        raise OptionError(f'--variant takes one of {", ".join(VARIANTS)}; --list says more')


def module(name):
    """The module of a variant."""
    return import_module(f'literature.{name}')


def print_variants():
    """Print a line on each: the first of its module."""
    for name in VARIANTS:
        print(f'{name:16} {module(name).__doc__.splitlines()[0]}')


def print_costs():
    """Print parameters, and billions of operations in the convolutions of an iteration."""
    print('variant           generator    critic  minibatch  GFLOP')
    for name in VARIANTS:
        generator, critic, batch_size, gflop = costs(module(name))
        print(f'{name:16} {generator:10,} {critic:9,} {batch_size:10} {gflop:6.1f}')


def costs(variant):
    """Parameters of generator and critic, pictures of a minibatch, GFLOP of an iteration."""
    from benchmarking.flops import adversarial_iteration, forward_and_gradients
    from lasagne.layers import count_params

    from ift6266.networks import CRITICS

    generator, batch_size = variant.GENERATOR.build(), variant.Options.batch_size
    parameters = count_params(generator, trainable=True)
    if not hasattr(variant, 'CRITIC'):
        return parameters, 0, batch_size, forward_and_gradients(generator) * batch_size / 1e9
    critic = CRITICS[variant.CRITIC]()
    steps = getattr(variant.Options, 'critic_steps', 1)
    operations = adversarial_iteration(generator, critic, steps)
    return (
        parameters,
        count_params(critic, trainable=True),
        batch_size,
        operations * batch_size / 1e9,
    )


if __name__ == '__main__':
    run(main)
