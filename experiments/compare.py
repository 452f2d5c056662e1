"""Measure trained generators and classical fills on held-out pictures, side by side."""

import json
import logging
import textwrap
from pathlib import Path

from options import COUNT, Parser, add_backend_option, model_help, run
from tqdm import tqdm

from ift6266.backends import Backend
from ift6266.errors import InputError
from ift6266.files import whole_file

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
    add('--dataset', default='photos', metavar='NAME|FILE.hdf5', help='pictures to measure on')
    add('--split', nargs='+', default=['valid'], help='the parts of them; each has a table')
    add('--json', action='store_true', help='print one JSON object, not tables')
    add('--html', metavar='FILE.html', type=Path, help='write tables and pictures to a page')
    add('--output', metavar='FILE.png', type=Path, help='draw the pictures of the models alone')
    add('--pictures', type=COUNT, default=12, metavar='N', help='how many are shown')
    add_backend_option(parser)
    args = parser.parse_args()
    check(args)

    from ift6266 import Inpainter
    from ift6266.data.streams import evaluation_stream

    painters = {
        run_name(model): Inpainter.load(model, Backend(args.backend)) for model in args.models
    }
    streams = [evaluation_stream(args.dataset, split, BATCH_SIZE) for split in args.split]
    check_captions(painters, streams)
    if args.output:
        draw(args.output, painters, streams[0], args.pictures)
    comparisons, fills = zip(
        *(
            measure(args.dataset, split, stream, painters)
            for split, stream in zip(args.split, streams)
        )
    )
    if args.html:
        sections = [
            (comparison, *paint(filling, painters, stream, args.pictures))
            for comparison, filling, stream in zip(comparisons, fills, streams)
        ]
        write_page(args.html, sections)
    report(comparisons, args.json)


def run_name(model):
    """The name of a model: that of the folder it is in."""
    from ift6266.models import find

    return Path(find(model)).resolve().parent.name


def check(args):
    """Refuse, before the work begins, what cannot be told apart, shown or written."""
    from ift6266.evaluation.baselines import NAMES

    names = [run_name(model) for model in args.models] + [*NAMES, 'hole', 'truth']
    if len(set(names)) < len(names):
        raise InputError(
            f'two rows have the same name, {max(names, key=names.count)}; a model has that of the folder it is in'
        )
    if len(set(args.split)) < len(args.split):
        raise InputError('--split names the same part twice')
    if args.output and len(args.split) > 1:
        raise InputError('--output draws the pictures of one split; --html shows those of several')
    for path in filter(None, (args.html, args.output)):
        if not path.resolve().parent.is_dir():
            raise InputError(f'{path}: there is no folder {path.parent}')


def check_captions(painters, streams):
    """Refuse models with and without captions together on pictures that have none."""
    without = [name for name, painter in painters.items() if painter.embedding is None]
    captioned = [name for name in painters if name not in without]
    for stream in streams if without and captioned else ():
        if not any(stream.caption_lists()):
            raise InputError(
                f'{captioned[0]} paints by captions and {without[0]} without: they cannot be compared on {stream.dataset.path}, '
                f'split {stream.dataset.split}, which has no captions; leave one out, or take pictures '
                'with captions'
            )


def measure(dataset, split, stream, painters):
    """The comparison of painters and fills on a split; the fills by name."""
    from ift6266.evaluation.baselines import baselines, training_images
    from ift6266.evaluation.comparison import Comparison, compare

    training, left_out = None, []
    try:
        training = training_images(dataset, split)
    except InputError as reason:
        left_out = [f'nearest neighbour and distance to the training pictures: {reason}']
    fills, absent = baselines(training)
    captions = stream.caption_lists()
    ways = [(name, 'baseline', fill, stream) for name, fill in fills.items()] + [
        (name, 'model', painter.inpaint, painter.inputs(stream, captions))
        for name, painter in painters.items()
    ]
    bar = tqdm(ways, desc='measuring on ' + split, unit=' rows', leave=False, disable=None)
    rows, lines, ratios = compare(bar, stream, training)
    return Comparison(dataset, split, rows, left_out + absent + lines, ratios), fills


def paint(fills, painters, stream, number):
    """Pictures by name, from the hole to the truth; the first caption of each picture, or ''."""
    from ift6266.data.hole import fill

    if number > stream.num_examples:
        logger.warning(
            '%s: shows all of its %d pictures, not %d',
            stream.dataset.split,
            stream.num_examples,
            number,
        )
    captions = stream.caption_lists()
    context, target = stream.spread(number)
    chosen = [captions[place] for place in stream.spread_numbers(number)]
    centres = {name: fill_hole(context) for name, fill_hole in fills.items()}
    centres.update(
        (name, painter.paint_centres(context, chosen)) for name, painter in painters.items()
    )
    pictures = {name: fill(context, centre) for name, centre in centres.items()}
    return (
        {'hole': context, **pictures, 'truth': fill(context, target)},
        [lines[0] if lines else '' for lines in chosen],
    )


def draw(path, painters, stream, number):
    """Write the drawing of the models."""
    from ift6266.evaluation.pictures import pictures_figure

    pictures, captions = paint({}, painters, stream, number)
    texts = [textwrap.fill(caption, 13) for caption in captions]
    with whole_file(path) as temporary:
        pictures_figure(pictures, texts).savefig(str(temporary), dpi=150, bbox_inches='tight')


def write_page(path, sections):
    """Write tables and pictures as HTML."""
    from ift6266.evaluation.page import html_page

    with whole_file(path) as temporary:
        temporary.write_text(html_page('Painted centres compared', sections), 'utf-8')


def report(comparisons, as_json):
    """Print the comparisons; in JSON they also hold what was left out, which is told as well."""
    from ift6266.evaluation.comparison import as_dict, text_table

    if not as_json:
        print('\n\n'.join(map(text_table, comparisons)))
        return
    print(json.dumps({'comparisons': [as_dict(comparison) for comparison in comparisons]}))
    for comparison in comparisons:
        for line in comparison.left_out:
            logger.warning('%s: left out: %s', comparison.split, line)


if __name__ == '__main__':
    run(main)
