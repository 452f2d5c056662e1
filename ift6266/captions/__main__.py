"""Add sentence vectors of the captions to an HDF5 file of pictures.

The vectors are smooth inverse frequency embeddings (Arora, Liang and Ma, ICLR 2017): weighted
averages of word vectors, without their common direction.
"""

import argparse
import os
import signal
import sys
from itertools import chain, compress, islice

from ift6266.errors import InputError
from ift6266.files import let_stdout_take_any_name

_SHOWN = 5  # unknown words, and names of pictures, in the report


class Parser(argparse.ArgumentParser):
    """Reports a wrong option in one line."""

    def error(self, message):
        self.exit(2, f'{self.prog}: error: {message} (see --help)\n')


def main(arguments: list[str]) -> str | None:
    """Run the command line; returns what :func:`sys.exit` takes."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f'stopped; {options.file} is unchanged'))
    try:
        report = add(options)
    except KeyboardInterrupt:
        return f'interrupted; {options.file} is unchanged'
    except (InputError, OSError) as error:
        return 'error: ' + ' '.join(str(error).split())
    print(report)


def parse(arguments: list[str]) -> argparse.Namespace:
    summary, _, rest = (__doc__ or '').partition('\n\n')
    parser = Parser(
        prog='python -m ift6266.captions', description=summary, epilog=rest, allow_abbrev=False
    )
    add_option = parser.add_argument
    add_option(
        'file',
        metavar='NAME|FILE.hdf5',
        help='data set with captions; data/README.md says which have them',
    )
    add_option(
        '--vectors',
        metavar='FILE',
        help="word vectors in word2vec's, GloVe's or gensim's format (default: word2vec, "
        'trained on the training captions)',
    )
    add_option(
        '--counts',
        metavar='FILE',
        help='text with a word and its count on each line, for the probabilities of words '
        "(default: wordfreq's of general English)",
    )
    add_option(
        '--seed',
        type=seed,
        default=1,
        metavar='N',
        help='seed of the training of word vectors (default: %(default)s)',
    )
    add_option(
        '--no-scale',
        dest='scaled',
        action='store_false',
        help='leave the vectors as the paper has them (default: scale them by one factor '
        'to unit standard deviation, with which training is faster)',
    )
    add_option(
        '--embedding',
        metavar='MODEL',
        help='use the embedding of a trained model, a name or the generator.npz of a run, to '
        'train that model further',
    )
    options = parser.parse_args(arguments)
    if options.embedding and (options.vectors or options.counts or not options.scaled):
        parser.error('--embedding excludes --vectors, --counts and --no-scale')
    return options


def seed(text: str) -> int:
    """An argparse type: a seed for NumPy."""
    if not (text.isdecimal() and int(text) < 2**32):
        raise argparse.ArgumentTypeError(f'{text!r} is not a whole number from 0 to {2**32 - 1}')
    return int(text)


def add(options: argparse.Namespace) -> str:
    """Add the vectors that the options ask for; returns a report."""
    # Here and below: modules that take 2 s to import, and that --help does not need.
    from ift6266.captions.embedding import count_words
    from ift6266.captions.storage import add_caption_vectors, read_captions, read_embedding_of_model
    from ift6266.data.datasets import find_dataset
    from ift6266.models import find as find_model

    path = find_dataset(options.file)
    embedding = options.embedding and read_embedding_of_model(find_model(options.embedding))
    folder = os.path.dirname(os.path.realpath(path))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f'{folder} is no folder that can be written to')
    captions = read_captions(path)
    log(f'{path}: {len(captions.lines)} captions of {len(captions.numbers)} pictures')
    sentences = split_into_words(captions.lines)
    counts = count_words(sentences)
    if not counts.words:
        raise InputError(f'{path}: there is no word in its captions')
    embedding = embedding or make_embedding(
        options, counts=counts, captions=captions, sentences=sentences
    )
    del sentences  # large
    known = counts.of(embedding.vocabulary)
    if not known.nnz:
        raise InputError(
            f'{path}: the embedding of {options.embedding} knows no word of its captions'
        )
    log(f'writing {path}')
    add_caption_vectors(path, captions, counts=known, embedding=embedding)
    unknown = counts.outside(embedding.vocabulary)
    return describe(path, captions, counts=known, unknown=unknown, embedding=embedding)


def make_embedding(options, *, counts, captions, sentences):
    """Make an embedding of the captions, as the options ask for it."""
    import numpy as np

    from ift6266.captions.embedding import fit_embedding

    probability = dict(zip(counts.words, find_probabilities(options, counts.words)))
    vocabulary, word_vectors = find_word_vectors(
        options, counts.words, captions=captions, sentences=sentences
    )
    log('embedding the captions')
    known = counts.of(vocabulary)
    return fit_embedding(
        known[np.repeat(captions.train, captions.numbers)],
        vocabulary=vocabulary,
        word_vectors=word_vectors,
        probabilities=np.array([probability[word] for word in vocabulary]),
        settings=settings(options),
        scaled=options.scaled,
    )


def split_into_words(lines: list[str]) -> list[list[str]]:
    """The words of each caption."""
    from tqdm import tqdm

    from ift6266.captions.tokens import tokenize

    return [
        tokenize(line)
        for line in tqdm(
            lines, desc='splitting into words', leave=False, unit=' captions', disable=None
        )
    ]


def find_probabilities(options: argparse.Namespace, words: list[str]):
    """The probabilities of ``words``."""
    from ift6266.captions.probabilities import english_probabilities, read_probabilities

    if options.counts is not None:
        return read_probabilities(options.counts, words)
    return english_probabilities(words)


def find_word_vectors(options, words, *, captions, sentences):
    """Those of ``words`` that have a vector, and the vectors."""
    from ift6266.captions.word_vectors import read_word_vectors, train_word_vectors

    if options.vectors is not None:
        log(f'reading word vectors from {options.vectors}')
        return read_word_vectors(options.vectors, words)
    log('training word vectors')
    remaining = iter(sentences)
    pictures = [list(chain.from_iterable(islice(remaining, number))) for number in captions.numbers]
    return train_word_vectors(list(compress(pictures, captions.train)), options.seed)


def settings(options: argparse.Namespace) -> dict[str, str | int]:
    """What the embedding is made from."""
    if options.vectors is None:
        vectors = {'vectors': 'word2vec trained on the training captions', 'seed': options.seed}
    else:
        vectors = {'vectors': os.path.basename(options.vectors)}
    counts = 'wordfreq, English' if options.counts is None else os.path.basename(options.counts)
    return {**vectors, 'probabilities': counts}


def describe(path, captions, *, counts, unknown, embedding):
    """What was written, in lines for people to read."""
    from ift6266.captions.embedding import count_empty

    numbers = captions.numbers
    fewer = int(((numbers > 0) & (numbers < numbers.max())).sum())
    examples = [f'{word} {number}' for word, number in unknown.most_common(_SHOWN + 1)]
    lines = [
        f'{path}: caption vectors of {len(numbers)} pictures, {numbers.max()} each',
        f'pictures with fewer captions, completed with the mean of their vectors: {fewer}',
        f'words known: {(counts.getnnz(axis=0) > 0).sum()} different, '
        f'{int(counts.sum(dtype="float64"))} in all',
        f'words unknown, skipped: {len(unknown)} different, {sum(unknown.values())} in all'
        + _some(examples),
        f'captions without a known word, whose vectors are zero: {count_empty(counts)}',
        f'scale: {embedding.scale:.4g}',
    ]
    if captions.without:
        lines.append(
            'pictures without captions, which get the mean of the training captions: '
            f'{len(captions.without)}{_some(captions.without)}'
        )
    return '\n'.join(lines)


def _some(names):
    """The first of the names, in brackets."""
    shown = [*names[:_SHOWN], '...'] if len(names) > _SHOWN else names
    return f' ({", ".join(shown)})' if names else ''


def log(message: str) -> None:
    print(message, file=sys.stderr)


if __name__ == '__main__':
    let_stdout_take_any_name()
    sys.exit(main(sys.argv[1:]))
