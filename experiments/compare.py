"""Measure trained generators and classical fills on held-out pictures, side by side."""

import json
import logging
import textwrap
from dataclasses import replace
from pathlib import Path

from measuring import (
    add_measuring_options,
    fill_rows,
    load_painters,
    log_left_out,
    measure_rows,
    model_rows,
)
from options import COUNT, Parser, model_help, run

from ift6266.data.datasets import open_dataset, parse_split
from ift6266.data.streams import evaluation_stream
from ift6266.errors import InputError
from ift6266.evaluation.comparison import as_dict
from ift6266.evaluation.fills import FILLS, available_fills
from ift6266.evaluation.page import Section, html_page
from ift6266.evaluation.tables import text_table
from ift6266.files import whole_file
from ift6266.models import find

logger = logging.getLogger('ift6266.compare')
BATCH_SIZE = 250  # the nearest neighbour is sought as fast for so many pictures as for one


def main():
    parser = Parser(
        __doc__,
        epilog='A row has the name of the model, or of its run directory. '
        'Captions are given to the models that take them, all of a picture averaged. '
        'The pictures shown lie evenly over the split; the first of their captions '
        'stands with them.',
    )
    add = parser.add_argument
    add('models', nargs='*', metavar='MODEL', help=model_help())
    add('--split', nargs='+', default=['valid'], help='splits of the data set, a table for each')
    add('--html', metavar='FILE.html', type=Path, help='write tables and pictures to a page')
    add('--output', metavar='FILE.png', type=Path, help='draw the pictures of the models alone')
    add('--pictures', type=COUNT, default=12, metavar='N', help='how many are shown')
    add_measuring_options(parser)
    args = parser.parse_args()
    check(args)

    painters = load_painters({run_name(model): model for model in args.models}, args)
    streams = [
        evaluation_stream(
            args.dataset, split, batch_size=BATCH_SIZE, holes=args.holes, limit=args.limit
        )
        for split in args.split
    ]
    check_captions(painters, streams)
    if args.output:
        draw(args.output, painters, streams[0], number=args.pictures)
    comparisons, sections = [], []
    for stream in streams:
        comparison, fills = measure(stream, painters, dataset=args.dataset, holes=args.holes)
        comparisons.append(comparison)
        if args.html:
            sections.append(
                Section(comparison, *paint(fills, painters, stream, number=args.pictures))
            )
    if args.html:
        with whole_file(args.html) as temporary:
            temporary.write_text(html_page('Painted pictures compared', sections), 'utf-8')
    report(comparisons, args.json)


def run_name(model):
    """The name of a model: that of the folder it is in."""
    return Path(find(model)).resolve().parent.name


def check(args):
    """Refuse, before the work begins, rows of equal names and what cannot be shown or written."""
    names = [run_name(model) for model in args.models] + [*FILLS, 'hole', 'truth']
    if len(set(names)) < len(names):
        raise InputError(
            f'two rows have the same name, {max(names, key=names.count)}; a model has that of '
            'the folder it is in'
        )
    if len(set(args.split)) < len(args.split):
        raise InputError('--split names the same split twice')
    if args.output and len(args.split) > 1:
        raise InputError('--output draws the pictures of one split; --html shows those of several')
    for path in filter(None, (args.html, args.output)):
        if not path.resolve().parent.is_dir():
            raise InputError(f'{path}: there is no folder {path.parent}')


def check_captions(painters, streams):
    """Refuse to compare models with and without captions on pictures that have none."""
    without = [name for name, painter in painters.items() if painter.embedding is None]
    captioned = [name for name in painters if name not in without]
    for stream in streams if without and captioned else ():
        if not any(stream.caption_lists()):
            raise InputError(
                f'{captioned[0]} paints by captions and {without[0]} without: they cannot be '
                f'compared on {stream.dataset.path}, split {stream.dataset.split}, which has no '
                'captions; leave one out, or take pictures with captions'
            )


def training_images(dataset, split):
    """The pictures that models for ``split`` learned from, (pictures, 3, 64, 64) uint8, mapped.

    Raises :class:`InputError` where ``split`` is of them, or there are none.
    """
    if parse_split(split)[0] == 'train':
        raise InputError('the pictures measured are themselves those of the split train')
    return open_dataset(dataset, 'train').image


def measure(stream, painters, *, dataset, holes='centre'):
    """The comparison of painters and fills on a split, and the fills by name."""
    training, left_out = None, []
    try:
        training = training_images(dataset, stream.dataset.split)
    except InputError as reason:
        left_out = [f'nearest neighbour and distance to the training pictures: {reason}']
    fills, absent = available_fills(training)
    rows = fill_rows(fills, stream) + model_rows(painters, stream, stream.caption_lists())
    comparison = measure_rows(rows, stream, dataset=dataset, holes=holes, training=training)
    left_out += [*absent, *comparison.left_out]
    return replace(comparison, left_out=left_out), fills


def paint(fills, painters, stream, *, number):
    """Pictures by name, from the hole to the truth; the first caption of each picture, or ''."""
    if number > stream.num_examples:
        logger.warning(
            '%s: shows all of its %d pictures, not %d',
            stream.dataset.split,
            stream.num_examples,
            number,
        )
    captions = stream.caption_lists()
    captions = [captions[place] for place in stream.spread_numbers(number)]
    minibatch = stream.spread(number)
    rows = fill_rows(fills, [minibatch]) + model_rows(painters, [minibatch], captions)
    return (
        {
            'hole': minibatch['context'],
            **{row.name: row.paint(*row.minibatches) for row in rows},
            'truth': minibatch['picture'],
        },
        [lines[0] if lines else '' for lines in captions],
    )


def draw(path, painters, stream, *, number):
    """Write the drawing of the models."""
    from ift6266.evaluation.pictures import pictures_figure

    pictures, captions = paint({}, painters, stream, number=number)
    texts = [textwrap.fill(caption, 13) for caption in captions]
    with whole_file(path) as temporary:
        pictures_figure(pictures, texts).savefig(str(temporary), dpi=150, bbox_inches='tight')


def report(comparisons, as_json):
    """Print the comparisons; with JSON say on stderr, too, what was left out."""
    if not as_json:
        print('\n\n'.join(map(text_table, comparisons)))
        return
    print(json.dumps({'comparisons': [as_dict(comparison) for comparison in comparisons]}))
    for comparison in comparisons:
        log_left_out(comparison)


if __name__ == '__main__':
    run(main)
