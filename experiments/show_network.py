"""Print the layers of a network as the report's tables do."""

from options import Parser, run

from ift6266.networks import CRITICS, GENERATORS


def main():
    parser = Parser(__doc__)
    parser.add_argument('network', choices=(*GENERATORS, *CRITICS))
    name = parser.parse_args().network

    from ift6266.networks.table import table

    print(table((GENERATORS if name in GENERATORS else CRITICS)[name]()))


if __name__ == '__main__':
    run(main)
