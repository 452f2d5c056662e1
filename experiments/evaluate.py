"""Measure a trained generator on held-out pictures, beside fills that are not trained."""

import json
import logging

from options import COUNT, Parser, add_backend_option, add_model_option, run
from tqdm import tqdm

from ift6266.backends import Backend
from ift6266.errors import InputError

logger = logging.getLogger('ift6266.evaluate')

# Rows of the table, and what their numbers are called in JSON.
PREFIXES = {
    'model': '',
    'without captions': 'without_captions_',
    'border mean': 'border_mean_',
    'harmonic fill': 'harmonic_',
    'biharmonic fill': 'biharmonic_',
    'truth': 'truth_',
}
ABLATIONS = {'captions of others': 'shuffled_captions_mse', 'mean caption': 'mean_caption_mse'}


def main():
    parser = Parser(
        __doc__,
        epilog='experiments/compare.py puts any number of models, and more fills, in one table.',
    )
    add_model_option(parser)
    add = parser.add_argument
    add('--dataset', default='photos', metavar='NAME|FILE.hdf5', help='pictures to measure on')
    add('--split', default='valid', help='the part of them')
    add('--limit', type=COUNT, metavar='N', help='measure on the first N pictures alone')
    add('--batch-size', type=COUNT, default=32, metavar='N', help='pictures painted at once')
    add(
        '--ablate-captions',
        action='store_true',
        help="measure a caption generator also with other pictures' captions, and with the mean "
        'training vector',
    )
    add(
        '--without-captions',
        metavar='NAME|FILE',
        help='a generator trained without captions, to stand beside the model',
    )
    add('--json', action='store_true', help='print one JSON object, not a table')
    add_backend_option(parser)
    args = parser.parse_args()

    from ift6266 import Inpainter
    from ift6266.data.streams import evaluation_stream
    from ift6266.evaluation.baselines import CHEAP
    from ift6266.evaluation.comparison import Comparison, compare

    stream = evaluation_stream(args.dataset, args.split, args.batch_size, args.limit)
    captions = stream.caption_lists()
    painters = {'model': Inpainter.load(args.model, Backend(args.backend))}
    ablated = {}
    if args.ablate_captions:
        ablated = ablate(args.model, painters['model'], stream, captions)
    if args.without_captions:
        painters['without captions'] = Inpainter.load(args.without_captions, Backend(args.backend))
    ways = [
        (name, 'model', painter.inpaint, painter.inputs(stream, captions))
        for name, painter in painters.items()
    ]
    ways += [(name, 'baseline', fill, stream) for name, fill in CHEAP.items()]
    bar = tqdm(ways, desc='measuring', unit=' rows', leave=False, disable=None)
    comparison = Comparison(args.dataset, args.split, *compare(bar, stream))
    if args.json:
        print(
            json.dumps({
                **flat(comparison, ablated),
                'model': args.model,
                'dataset': args.dataset,
                'split': args.split,
            })
        )
        for line in comparison.left_out:
            logger.warning('left out: %s', line)
    else:
        print(table(comparison, ablated))


def ablate(model, painter, stream, captions):
    """The errors with false captions and with none, a dict."""
    from ift6266.evaluation.ablation import ablate_captions

    embedding = painter.embedding
    if embedding is None:
        raise InputError(f'{model}: takes no captions that --ablate-captions could change')
    if not any(captions):
        raise InputError('the data set has no captions that --ablate-captions could change')
    return ablate_captions(painter.inpaint, stream, embedding.average(captions), embedding.mean)


def flat(comparison, ablated):
    """One dict: the model's numbers by their names, those of other rows with a prefix."""
    report = {
        PREFIXES[row.name] + name: value
        for row in comparison.rows
        for name, value in row.values.items()
        if name != 'pictures'
    }
    return {
        **report,
        **ablated,
        'pictures': comparison.rows[0].values['pictures'],
        'left_out': comparison.left_out,
    }


def table(comparison, ablated):
    """The comparison for people to read, below the model's row those of its ablations."""
    from ift6266.evaluation.comparison import Row, text_table
    from ift6266.evaluation.metrics import psnr

    model, *others = comparison.rows
    rows = [
        Row(name, 'model', {'mse': ablated[key], 'psnr': psnr(ablated[key])})
        for name, key in ABLATIONS.items()
        if key in ablated
    ]
    return text_table(comparison._replace(rows=[model, *rows, *others]))


if __name__ == '__main__':
    run(main)
