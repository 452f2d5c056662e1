"""Paint the same held-out pictures with several trained generators, and draw them in rows."""
import textwrap
from pathlib import Path

from captioned import average_captions, load_generator
from options import COUNT, Parser, run

from ift6266.errors import InputError
from ift6266.files import whole_file


def main():
    parser = Parser(__doc__, epilog="The pictures lie evenly over the split. A row has the name "
                    "of the model's run directory; captions are given to the models that take "
                    'them, all of a picture averaged, and the first is printed.')
    add = parser.add_argument
    add('models', nargs='+', metavar='MODEL', type=Path, help='the generator.npz of a run')
    add('--dataset', default='photos', metavar='NAME|FILE.hdf5', help='pictures to paint')
    add('--split', default='valid', help='the part of them')
    add('--pictures', type=COUNT, default=10, metavar='N', help='how many')
    add('--output', default=Path('compared.png'), metavar='FILE.png', type=Path,
        help='the drawing')
    args = parser.parse_args()
    labels = [model.resolve().parent.name for model in args.models]
    if len(set(labels)) < len(labels):
        raise InputError('two models have the same name, {}: that of the folder they are in'
                         .format(max(labels, key=labels.count)))

    from ift6266.data.hole import fill
    from ift6266.data.streams import evaluation_stream
    from ift6266.evaluation.pictures import pictures_figure
    stream = evaluation_stream(args.dataset, args.split)
    context, target = stream.spread(args.pictures)
    captions = stream.caption_lists()
    captions = [captions[number] for number in stream.spread_numbers(args.pictures)]
    rows = {'hole': context}
    for label, model in zip(labels, args.models):
        rows[label] = fill(context, paint(model, context, captions))
    rows['truth'] = fill(context, target)
    texts = [textwrap.fill(lines[0], 13) if lines else '' for lines in captions]
    with whole_file(args.output) as temporary:
        pictures_figure(rows, texts).savefig(str(temporary), dpi=150, bbox_inches='tight')


def paint(model, context, captions):
    """The centres that a model in a file paints, with captions where it takes them."""
    from ift6266.inpainting import compile_inpaint
    generator, embedding = load_generator(model)
    inpaint = compile_inpaint(generator)
    if embedding is None:
        return inpaint(context)
    return inpaint(context, average_captions(embedding, captions))


if __name__ == '__main__':
    run(main)
