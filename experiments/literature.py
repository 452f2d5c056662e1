"""Train a variant of the report's literature; with --variant, --help has its options."""

from importlib import import_module

from literature import VARIANTS
from options import OptionError, Parser, run
from running import begin


def main():
    parser = Parser(__doc__, add_help=False)
    parser.add_argument('-h', '--help', action='store_true', help='print this')
    parser.add_argument('--list', action='store_true', help='print what each variant is')
    parser.add_argument('--variant', choices=VARIANTS, help='what is trained')
    asked, _ = parser.parse_known_args()
    if asked.list:
        print_variants()
    elif asked.variant:
        variant = import_module(f'literature.{asked.variant}')
        return variant.train(begin(variant.Options, variant.__doc__))
    elif asked.help:
        parser.print_help()
    else:
        raise OptionError(f'--variant takes one of {", ".join(VARIANTS)}; --list says more')


def print_variants():
    """Print a line on each: the first of its module."""
    for name in VARIANTS:
        print(f'{name:16} {import_module(f"literature.{name}").__doc__.splitlines()[0]}')


if __name__ == '__main__':
    run(main)
