"""Measure a trained generator on held-out pictures, beside the harmonic fill."""
import json

from options import COUNT, Parser, run
from tqdm import tqdm


def main():
    parser = Parser(__doc__)
    add = parser.add_argument
    add('--model', required=True, metavar='FILE', help='the generator.npz of a run')
    add('--dataset', default='photos', metavar='NAME|FILE.hdf5', help='pictures to measure on')
    add('--split', default='valid', help='the part of them')
    add('--limit', type=COUNT, metavar='N', help='measure on the first N pictures alone')
    add('--batch-size', type=COUNT, default=32, metavar='N', help='pictures painted at once')
    add('--json', action='store_true', help='print one JSON object, not a table')
    args = parser.parse_args()

    from ift6266.data.streams import evaluation_stream
    from ift6266.evaluation.evaluate import evaluate, evaluate_harmonic
    from ift6266.inpainting import compile_inpaint
    from ift6266.networks.weights import load_network
    generator = load_network(args.model, kinds=('generator',))
    stream = evaluation_stream(args.dataset, args.split, args.batch_size, args.limit)
    inpaint = compile_inpaint(generator)
    minibatches = tqdm(stream, desc='painting', unit=' minibatches', leave=False, disable=None)
    report = {**evaluate(inpaint, minibatches), **evaluate_harmonic(stream),
              'model': args.model, 'dataset': args.dataset, 'split': args.split}
    print(json.dumps(report) if args.json else table(report))


def table(report):
    """The report for people to read."""
    lines = ['{pictures} pictures of {dataset}, {split}'.format(**report),
             '{:<14}{:>8}{:>10}'.format('', 'MSE', 'PSNR')]
    for name, prefix in (('model', ''), ('harmonic fill', 'harmonic_')):
        lines.append('{:<14}{:>8.4f}{:>7.2f} dB'.format(name, report[prefix + 'mse'],
                                                        report[prefix + 'psnr']))
    return '\n'.join(lines)


if __name__ == '__main__':
    run(main)
