"""Add sentence vectors of its captions to an HDF5 file of pictures.

The vectors are smooth inverse frequency embeddings (Arora, Liang and Ma, ICLR 2017): weighted
averages of word vectors, without their common direction.
"""

import argparse
import os
import signal
import sys
from itertools import chain, compress, islice

from ift6266.errors import InputError

_SHOWN = 5  # unknown words in the report


class Parser(argparse.ArgumentParser):
    """Tells a wrong option in one line."""

    def error(self, message):
        self.exit(2, f'{self.prog}: error: {message} (see --help)\n')


def main(arguments):
    """Run the command line; returns what :func:`sys.exit` takes."""
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f'stopped; {options.file} is unchanged'))
    try:
        done = add(options)
    except KeyboardInterrupt:
        return f'interrupted; {options.file} is unchanged'
    except (InputError, OSError) as error:
        return 'error: {}'.format(' '.join(str(error).split()))
    print(done)


def parse(arguments):
    summary, _, rest = __doc__.partition('\n\n')
    parser = Parser(
        prog='python -m ift6266.captions', description=summary, epilog=rest, allow_abbrev=False
    )
    add_option = parser.add_argument
    add_option(
        'file',
        metavar='NAME|FILE.hdf5',
        help='pictures with captions, as converted from mscoco, inpainting or shapes',
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
        help='text of a word and its count on each line, that the probabilities of words '
        "come from (default: wordfreq's of general English)",
    )
    add_option(
        '--seed',
        type=seed,
        default=1,
        metavar='N',
        help='of the training of word vectors (default: %(default)s)',
    )
    add_option(
        '--no-scale',
        dest='scaled',
        action='store_false',
        help='leave the vectors as the paper has them (default: scale them by one factor '
        'to unit standard deviation, or a network hardly hears them)',
    )
    add_option(
        '--embedding',
        metavar='MODEL',
        help='embed as a trained model does, a name or the generator.npz of a run, to train '
        'that one further',
    )
    options = parser.parse_args(arguments)
    if options.embedding and (options.vectors or options.counts or not options.scaled):
        parser.error('--embedding brings all that --vectors, --counts and --no-scale choose')
    return options


def seed(text):
    """An argparse type: what NumPy takes for a seed."""
    if not (text.isdecimal() and int(text) < 2**32):
        raise argparse.ArgumentTypeError(f'{text!r} is not a whole number from 0 to {2**32 - 1}')
    return int(text)


def add(options):
    """Do what the options ask for; returns a report."""
    from ift6266.captions.embedding import count_words
    from ift6266.captions.storage import add_caption_vectors, read_captions, read_embedding_of_model
    from ift6266.data.datasets import find
    from ift6266.models import find as find_model

    path = find(options.file)
    embedding = options.embedding and read_embedding_of_model(find_model(options.embedding))
    folder = os.path.dirname(os.path.realpath(path))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f'{folder} is no folder that can be written to')
    captions = read_captions(path)
    tell('{}: {} captions of {} pictures', path, len(captions.lines), len(captions.numbers))
    sentences = split_into_words(captions.lines)
    counts = count_words(sentences)
    if not counts.words:
        raise InputError(f'{path}: there is no word in its captions')
    embedding = embedding or make_embedding(options, counts, captions, sentences)
    del sentences  # large
    known = counts.of(embedding.vocabulary)
    if not known.nnz:
        raise InputError(f'{path}: no word of its captions is known to {options.embedding}')
    tell('writing {}', path)
    add_caption_vectors(path, captions, known, embedding)
    return report(path, captions, known, counts.outside(embedding.vocabulary), embedding)


def make_embedding(options, counts, captions, sentences):
    """The embedding that is made of the captions, as the options ask for it."""
    import numpy as np

    from ift6266.captions.embedding import fit_embedding

    probability = dict(zip(counts.words, find_probabilities(options, counts.words)))
    vocabulary, word_vectors = find_word_vectors(options, counts.words, captions, sentences)
    tell('embedding the captions')
    known = counts.of(vocabulary)
    return fit_embedding(
        known[np.repeat(captions.train, captions.numbers)],
        vocabulary,
        word_vectors,
        np.array([probability[word] for word in vocabulary]),
        settings(options),
        options.scaled,
    )


def split_into_words(lines):
    """The words of each caption."""
    from tqdm import tqdm

    from ift6266.captions.tokens import tokenize

    return [
        tokenize(line)
        for line in tqdm(
            lines, desc='splitting into words', leave=False, unit=' captions', disable=None
        )
    ]


def find_probabilities(options, words):
    from ift6266.captions.probabilities import english_probabilities, read_probabilities

    if options.counts is not None:
        return read_probabilities(options.counts, words)
    return english_probabilities(words)


def find_word_vectors(options, words, captions, sentences):
    """Those of ``words`` that have a vector, and the vectors."""
    from ift6266.captions.word_vectors import read_word_vectors, train_word_vectors

    if options.vectors is not None:
        tell('reading word vectors from {}', options.vectors)
        return read_word_vectors(options.vectors, words)
    tell('training word vectors')
    remaining = iter(sentences)
    pictures = [list(chain.from_iterable(islice(remaining, number))) for number in captions.numbers]
    return train_word_vectors(list(compress(pictures, captions.train)), options.seed)


def settings(options):
    """Where the embedding comes from."""
    if options.vectors is None:
        vectors = {'vectors': 'word2vec trained on the training captions', 'seed': options.seed}
    else:
        vectors = {'vectors': os.path.basename(options.vectors)}
    counts = 'wordfreq, English' if options.counts is None else os.path.basename(options.counts)
    return {**vectors, 'probabilities': counts}


def report(path, captions, counts, unknown, embedding):
    """What was written, in lines for people to read."""
    from ift6266.captions.embedding import count_silent

    numbers = captions.numbers
    fewer = int((numbers < numbers.max()).sum())
    missed = ', '.join('{} {}'.format(*pair) for pair in unknown.most_common(_SHOWN))
    return '\n'.join([
        f'{path}: caption vectors of {len(numbers)} pictures, {numbers.max()} each',
        f'pictures with fewer captions, filled up with the mean of theirs: {fewer}',
        'words known: {} different, {} in all'.format(
            len(embedding.vocabulary), int(counts.sum(dtype='float64'))
        ),
        'words unknown, skipped: {} different, {} in all{}'.format(
            len(unknown),
            sum(unknown.values()),
            missed and ' ({}{})'.format(missed, ', ...' if len(unknown) > _SHOWN else ''),
        ),
        f'captions without a known word, whose vectors are zero: {count_silent(counts)}',
        f'scale: {embedding.scale:.4g}',
    ])


def tell(message, *values):
    print(message.format(*values), file=sys.stderr)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
