"""Vectors of words, read from a file or trained on captions."""

import sys
from collections import Counter
from itertools import chain

import numpy as np
from tqdm import tqdm

from ift6266.captions.gensim_files import is_pickle, read_gensim_file
from ift6266.captions.vector_files import read_vector_file
from ift6266.errors import InputError

WIDTH = 300

# Training sees about as many words whatever the number of captions, up to so many epochs.
WORDS_SEEN = 12 * 10**6
MOST_EPOCHS = 20
# Where there are so many words, one that occurs only once is mostly a slip of the pen.
MANY_WORDS = 10**5
WINDOW = 50  # as many words as the five captions of a picture have
SUBSAMPLING = 1e-4
LONGEST_SENTENCE = 10**4  # what gensim takes; it drops the rest

NO_GENSIM = "is not installed: make captions installs it; or give others' vectors by --vectors FILE"
NO_RELEASE = (
    "has no release for Python 3.14: give others' vectors by --vectors FILE, or make the "
    'environment with an older Python: make clean; make captions PYTHON=python3.13'
)


def read_word_vectors(path, words):
    """Read the vectors of words from a file; what its format is, its content tells.

    Parameters
    ----------
    path : str
        A file in word2vec's binary or text format, or GloVe's text format, as it is or as a
        gzip; or one that gensim's ``KeyedVectors.save`` wrote.  However large, only the
        vectors of ``words`` are kept; nothing in it is executed.
    words : iterable of str
        Distinct words.  They are looked up as they are: where the file has only ``Paris``,
        ``paris`` is not found.

    Returns
    -------
    known : list of str
        Those of the words that the file has, in the order of ``words``.
    vectors : (len(known), 300) float32
        All finite.  Of a word that the file has twice, the first vector.

    Raises
    ------
    InputError
        Where there is no such file, or it is none of these, is cut off, has vectors of another
        width, a header that says something else than what follows, numbers that are not
        finite, or none of the words.
    """
    words = list(words)
    found = _find(path, words)
    known = [word for word in words if word in found]
    if not known:
        raise InputError(
            f'{path}: none of the {len(words)} words looked for is in it; other word vectors are '
            'needed'
        )
    with np.errstate(over='ignore'):  # what is too large for float32 is told below
        vectors = np.array([found[word] for word in known]).astype(np.float32)
    for row in np.flatnonzero(~np.isfinite(vectors).all(axis=1)):
        raise InputError(
            f'{path}: the vector of "{known[row]}" holds what is not a finite number; get it again'
        )
    return known, vectors


def _find(path, words):
    try:
        with open(path, 'rb') as file:
            head = file.read(1)
        read = read_gensim_file if is_pickle(head) else read_vector_file
        return read(path, words, WIDTH)
    except FileNotFoundError:
        raise InputError(f'{path}: no such file') from None
    except OSError as error:
        raise InputError(f'{path}: {error.strerror}') from None


def train_word_vectors(sentences, seed=1):
    """Train word vectors by gensim's word2vec (continuous bag of words, negative sampling).

    Mikolov et al., "Efficient Estimation of Word Representations in Vector Space", ICLR
    workshop 2013, and "Distributed Representations of Words and Phrases and their
    Compositionality", NIPS 2013.  The same sentences and seed give the same vectors.

    Words that occur in the same contexts get the same vectors; in captions of one pattern
    ("a red circle", "a green circle") that would make all colours one word.  Two things keep
    them apart: the window is so wide that the captions of a picture can be given as one
    sentence, where a colour meets itself but no other; and the vectors start from random ones
    of length 1, on average, where gensim starts near 0, so that something of its own stays
    with each word.

    Parameters
    ----------
    sentences : list of lists of str
        Words that belong together, best those of all captions of a picture.
    seed : int

    Returns
    -------
    known : list of str
        The words, from the most frequent to the rarest, those of the same frequency in the
        order of their code points.  Words that occur once are left out where there are 100,000
        or more words in all.
    vectors : (len(known), 300) float32

    Raises
    ------
    InputError
        If there are no words, or there is no gensim.
    """
    Word2Vec = require_word2vec()
    counts = Counter(chain.from_iterable(sentences))
    total = sum(counts.values())
    rarest = 2 if total >= MANY_WORDS else 1
    frequencies = {
        word: count
        for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if count >= rarest
    }
    if not frequencies:
        raise InputError(
            'there are no words to train word vectors on; captions with words, or a '
            'file of word vectors, are needed'
        )
    sentences = [
        sentence[start : start + LONGEST_SENTENCE]
        for sentence in sentences
        for start in range(0, len(sentence), LONGEST_SENTENCE)
    ]

    epochs = min(MOST_EPOCHS, max(1, round(WORDS_SEEN / total)))
    model = Word2Vec(
        vector_size=WIDTH,
        window=WINDOW,
        sample=SUBSAMPLING,
        min_count=1,
        sorted_vocab=0,
        seed=seed,
        workers=1,
    )  # two would take turns by chance
    model.build_vocab_from_freq(frequencies, corpus_count=len(sentences))
    model.wv.vectors *= np.sqrt(3 * WIDTH)  # gensim draws between -1 / WIDTH and 1 / WIDTH
    with tqdm(
        total=epochs * len(sentences), desc='training word vectors', unit=' sentences', disable=None
    ) as bar:
        model.train(_Passes(sentences, bar), total_examples=len(sentences), epochs=epochs)
    return model.wv.index_to_key, model.wv.vectors


class _Passes:
    """Sentences that show on a progress bar how often they have been passed over."""

    def __init__(self, sentences, bar):
        self.sentences, self.bar = sentences, bar

    def __iter__(self):
        for sentence in self.sentences:
            yield sentence
            self.bar.update()


def require_word2vec():
    """gensim's word2vec; raises InputError, which says what to do, where there is none."""
    try:
        from gensim.models import Word2Vec

        return Word2Vec
    except ImportError:
        raise InputError(
            'word vectors are trained by gensim, which '
            + (NO_GENSIM if sys.version_info < (3, 14) else NO_RELEASE)
        ) from None
