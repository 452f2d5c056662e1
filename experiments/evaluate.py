"""Measure a trained generator on held-out pictures, beside fills that are not trained."""

import json
from dataclasses import replace

from measuring import (
    add_measuring_options,
    fill_rows,
    load_painters,
    log_left_out,
    measure_rows,
    model_rows,
)
from options import COUNT, Parser, add_model_option, run

from ift6266.data.streams import evaluation_stream
from ift6266.errors import InputError
from ift6266.evaluation.ablation import ablate_captions
from ift6266.evaluation.comparison import Row
from ift6266.evaluation.fills import FILLS
from ift6266.evaluation.metrics import psnr
from ift6266.evaluation.tables import text_table

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
    add('--split', default='valid', help='split of the data set')
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
    add_measuring_options(parser)
    args = parser.parse_args()

    stream = evaluation_stream(
        args.dataset, args.split, batch_size=args.batch_size, holes=args.holes, limit=args.limit
    )
    captions = stream.caption_lists()
    models = {'model': args.model}
    if args.without_captions:
        models['without captions'] = args.without_captions
    painters = load_painters(models, args)
    ablated = {}
    if args.ablate_captions:
        ablated = ablate(args.model, painters['model'], stream, captions=captions)
    fills = {name: FILLS[name] for name in FILLS if name in PREFIXES}
    rows = model_rows(painters, stream, captions) + fill_rows(fills, stream)
    comparison = measure_rows(rows, stream, dataset=args.dataset, holes=args.holes)
    if args.json:
        print(json.dumps(report(comparison, ablated, args.model)))
        log_left_out(comparison)
    else:
        print(text_table(with_ablations(comparison, ablated)))


def ablate(model, painter, stream, *, captions):
    """The errors with false captions and with none, a dict."""
    embedding = painter.embedding
    if embedding is None:
        raise InputError(f'{model}: takes no captions that --ablate-captions could change')
    if not any(captions):
        raise InputError('the data set has no captions that --ablate-captions could change')
    return ablate_captions(
        painter.fill, stream, vectors=embedding.average(captions), mean=embedding.mean
    )


def report(comparison, ablated, model):
    """A dict for JSON: the model's numbers by their names, those of other rows with a prefix."""
    numbers = {
        PREFIXES[row.name] + name: value
        for row in comparison.rows
        for name, value in row.values.items()
        if name != 'pictures'
    }
    return {
        **numbers,
        **ablated,
        'pictures': comparison.rows[0].values['pictures'],
        'left_out': comparison.left_out,
        'model': model,
        'dataset': comparison.dataset,
        'split': comparison.split,
        **({} if comparison.holes == 'centre' else {'holes': comparison.holes}),
    }


def with_ablations(comparison, ablated):
    """The comparison with rows of the model's ablations below that of the model."""
    model, *others = comparison.rows
    rows = [
        Row(name, 'model', {'mse': ablated[key], 'psnr': psnr(ablated[key])})
        for name, key in ABLATIONS.items()
        if key in ablated
    ]
    return replace(comparison, rows=[model, *rows, *others])


if __name__ == '__main__':
    run(main)
