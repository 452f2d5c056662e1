"""Measure a trained generator on held-out pictures, beside the harmonic fill."""
import json

from captioned import average_captions, load_generator
from options import COUNT, Parser, run
from tqdm import tqdm

from ift6266.errors import InputError


def main():
    parser = Parser(__doc__)
    add = parser.add_argument
    add('--model', required=True, metavar='FILE', help='the generator.npz of a run')
    add('--dataset', default='photos', metavar='NAME|FILE.hdf5', help='pictures to measure on')
    add('--split', default='valid', help='the part of them')
    add('--limit', type=COUNT, metavar='N', help='measure on the first N pictures alone')
    add('--batch-size', type=COUNT, default=32, metavar='N', help='pictures painted at once')
    add('--ablate-captions', action='store_true',
        help="measure a caption generator also with other pictures' captions, and with the mean "
             'training vector')
    add('--without-captions', metavar='FILE',
        help='a generator trained without captions, to stand beside the model')
    add('--json', action='store_true', help='print one JSON object, not a table')
    args = parser.parse_args()

    from ift6266.data.streams import evaluation_stream
    from ift6266.evaluation.evaluate import evaluate_harmonic
    stream = evaluation_stream(args.dataset, args.split, args.batch_size, args.limit)
    report = measure(args.model, stream, args.ablate_captions)
    if args.without_captions:
        report['without_captions_mse'] = measure(args.without_captions, stream)['mse']
    report.update(evaluate_harmonic(stream), model=args.model, dataset=args.dataset,
                  split=args.split)
    print(json.dumps(report) if args.json else table(report))


def measure(model, stream, ablate=False):
    """The errors of a model in a file, as a dict; with captions where it takes them."""
    from ift6266.evaluation.ablation import ablate_captions, with_vectors
    from ift6266.evaluation.evaluate import evaluate
    from ift6266.inpainting import compile_inpaint
    generator, embedding = load_generator(model)
    minibatches = tqdm(stream, desc='painting', unit=' minibatches', leave=False, disable=None)
    if embedding is None:
        if ablate:
            raise InputError('{}: takes no captions that --ablate-captions could change'
                             .format(model))
        return evaluate(compile_inpaint(generator), minibatches)
    captions = stream.caption_lists()
    if ablate and not any(captions):
        raise InputError('the data set has no captions that --ablate-captions could change')
    vectors = average_captions(embedding, captions)
    inpaint = compile_inpaint(generator)
    errors = evaluate(inpaint, with_vectors(minibatches, vectors))
    if ablate:
        errors.update(ablate_captions(inpaint, stream, vectors, embedding.mean))
    return errors


ROWS = (('model', 'mse'), ('  captions of others', 'shuffled_captions_mse'),
        ('  mean caption', 'mean_caption_mse'), ('without captions', 'without_captions_mse'),
        ('harmonic fill', 'harmonic_mse'))


def table(report):
    """The report for people to read."""
    from ift6266.evaluation.metrics import psnr
    lines = ['{pictures} pictures of {dataset}, {split}'.format(**report),
             '{:<20}{:>8}{:>10}'.format('', 'MSE', 'PSNR')]
    lines += ['{:<20}{:>8.4f}{:>7.2f} dB'.format(name, report[error], psnr(report[error]))
              for name, error in ROWS if error in report]
    return '\n'.join(lines)


if __name__ == '__main__':
    run(main)
