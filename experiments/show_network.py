"""Print the layers of a network as the report's tables do."""

from options import Parser, run


def main():
    parser = Parser(__doc__)
    parser.add_argument(
        'network',
        choices=(
            'generator',
            'resizing_generator',
            'critic',
            'caption_generator',
            'captionless_generator',
        ),
    )
    options = parser.parse_args()

    from ift6266.networks import BUILDERS
    from ift6266.networks.table import table

    print(table(BUILDERS[options.network]()))


if __name__ == '__main__':
    run(main)
