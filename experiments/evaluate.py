"""Measure a trained generator on pictures that it has not seen, beside the harmonic fill."""
import argparse
import json

from options import run
from tqdm import tqdm


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--model', required=True, metavar='FILE',
                        help='the generator.npz of a run')
    parser.add_argument('--dataset', default='photos', metavar='NAME|FILE.hdf5',
                        help='a converted data set (default: %(default)s)')
    parser.add_argument('--split', default='valid',
                        help='the part of it to measure on (default: %(default)s)')
    parser.add_argument('--limit', type=int, metavar='N',
                        help='measure on the first N pictures (default: on all)')
    parser.add_argument('--batch-size', type=int, default=32, metavar='N',
                        help='pictures painted at once (default: %(default)s)')
    parser.add_argument('--json', action='store_true',
                        help='print one JSON object in place of the table')
    args = parser.parse_args()

    from ift6266.data.streams import evaluation_stream
    from ift6266.evaluation.evaluate import evaluate, evaluate_harmonic
    from ift6266.inpainting import compile_inpaint
    from ift6266.networks.weights import load_network
    generator = load_network(args.model, kinds=('generator',))
    stream = evaluation_stream(args.dataset, args.split, args.batch_size, args.limit)
    minibatches = tqdm(stream, total=-(-stream.num_examples // args.batch_size), disable=None,
                       desc='painting', unit=' minibatches', leave=False)
    report = {**evaluate(compile_inpaint(generator), minibatches), **evaluate_harmonic(stream),
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
