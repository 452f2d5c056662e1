"""What evaluate.py and compare.py share: options, and the rows of their tables."""

import logging
from dataclasses import replace

from options import COUNT, Parser, add_backend_option
from tqdm import tqdm

from ift6266.backends import Backend
from ift6266.errors import InputError
from ift6266.evaluation.comparison import Comparison, Way, compare
from ift6266.evaluation.fills import way_of_painting
from ift6266.holes import HOLES

logger = logging.getLogger('ift6266.measuring')


def add_measuring_options(parser: Parser) -> None:
    """What is measured on, and how the numbers are printed."""
    add = parser.add_argument
    add('--dataset', default='photos', metavar='NAME|FILE.hdf5', help='pictures to measure on')
    add('--limit', type=COUNT, metavar='N', help='measure on the first N pictures of a split alone')
    add(
        '--holes',
        choices=HOLES,
        default='centre',
        help='what is missing of them; a model may paint the centre alone',
    )
    add('--json', action='store_true', help='print one JSON object, no tables')
    add_backend_option(parser)


def load_painters(models: dict[str, str], args) -> dict:
    """The :class:`ift6266.Inpainter` of each model, by name; refuses those of other holes."""
    # Theano takes seconds to import: first the command line is checked.
    from ift6266 import Inpainter
    from ift6266.networks.sources import target_source

    painters = {
        name: Inpainter.load(model, Backend(args.backend)) for name, model in models.items()
    }
    for name, painter in painters.items():
        if args.holes != 'centre' and target_source(painter.generator) == 'centre':
            raise InputError(f'{models[name]}: paints the centre alone, not --holes {args.holes}')
    return painters


def fill_rows(fills, minibatches) -> list[Way]:
    """Rows of fills, a dict by name."""
    return [
        Way(name, 'baseline', way_of_painting(fill), minibatches) for name, fill in fills.items()
    ]


def model_rows(painters, minibatches, captions) -> list[Way]:
    """Rows of models, a dict of :class:`ift6266.Inpainter` by name.

    ``captions`` are those of all pictures, a list of lists of str.
    """
    return [
        Way(name, 'model', painter.fill, painter.with_captions(minibatches, captions))
        for name, painter in painters.items()
    ]


def measure_rows(ways, stream, **named) -> Comparison:
    """As :func:`~ift6266.evaluation.comparison.compare`, with a progress bar."""
    split, pictures = stream.dataset.split, len(ways) * stream.num_examples
    with tqdm(total=pictures, unit=' pictures', leave=False, disable=None) as bar:

        def counted(way):
            bar.set_description(f'measuring {way.name} on {split}')
            for minibatch in way.minibatches:
                yield minibatch
                bar.update(len(minibatch['picture']))

        ways = [replace(way, minibatches=counted(way)) for way in ways]
        return compare(ways, stream, split=split, **named)


def log_left_out(comparison: Comparison) -> None:
    """Say what was left out, beside JSON on stdout."""
    for line in comparison.left_out:
        logger.warning('%s: left out: %s', comparison.split, line)
