"""Vectors of words, read from a file or trained on captions."""

import sys
from collections import Counter
from collections.abc import Iterable
from itertools import chain

import numpy as np
from tqdm import tqdm

from ift6266.captions.gensim_files import is_pickle, read_gensim_file
from ift6266.captions.opening import open_content
from ift6266.captions.vector_files import read_vector_file
from ift6266.errors import InputError
from ift6266.files import reading

WIDTH = 300

# Training sees about this number of words in all its epochs, of which there are at most MAX_EPOCHS.
WORDS_SEEN = 12 * 10**6
MAX_EPOCHS = 20
# In this many words or more, one that occurs only once is mostly a typing error.
MANY_WORDS = 10**5
WINDOW = 50  # as many words as the five captions of a picture have
SUBSAMPLING = 1e-4
LONGEST_SENTENCE = 10**4  # gensim drops the words after these

NO_GENSIM = 'is not installed: make captions installs it; or give word vectors by --vectors FILE'
NO_RELEASE = (
    'has no release for Python 3.14: give word vectors by --vectors FILE, or make the '
    'environment with an older Python: make clean; make captions PYTHON=python3.13'
)


def read_word_vectors(path: str, words: Iterable[str]) -> tuple[list[str], np.ndarray]:
    """Read the vectors of words from a file, whose format is known by its content.

    Parameters
    ----------
    path
        A file in word2vec's binary or text format, or GloVe's text format; or word vectors or a
        whole model as gensim's ``save`` wrote them, from its version 3.2 on.  Each may be
        compressed as :func:`~ift6266.captions.opening.open_content` has it.  However large, only
        the vectors of ``words`` are kept; nothing in it is executed.
    words
        Distinct words, in the case of the file: if it has only ``Paris``, ``paris`` is unknown.

    Returns
    -------
    known
        Those of the words that the file has, in the order of ``words``.
    vectors : (len(known), 300) float32
        All finite.  If the file has a word twice, the first vector.

    Raises
    ------
    InputError
        Where there is no such file, or it is none of these, is cut off, has vectors of another
        width, a header that contradicts what follows, numbers that are not finite, or none of the
        words.
    """
    words = list(words)
    with reading(path):
        with open_content(path, WIDTH) as file:
            read = read_gensim_file if is_pickle(file.read(1)) else read_vector_file
            file.seek(0)
            found = read(path, file, words=words, width=WIDTH)
    known = [word for word in words if word in found]
    if not known:
        raise InputError(
            f'{path}: it has none of the {len(words)} words that are needed; give other word '
            'vectors'
        )
    with np.errstate(over='ignore'):  # what is too large for float32 is refused below
        vectors = np.array([found[word] for word in known]).astype(np.float32)
    for row in np.flatnonzero(~np.isfinite(vectors).all(axis=1)):
        raise InputError(
            f'{path}: the vector of "{known[row]}" holds what is not a finite number; get it again'
        )
    return known, vectors


def train_word_vectors(sentences: list[list[str]], seed: int = 1) -> tuple[list[str], np.ndarray]:
    """Train word vectors by gensim's word2vec (continuous bag of words, negative sampling).

    Mikolov et al., "Efficient Estimation of Word Representations in Vector Space", ICLR
    workshop 2013, and "Distributed Representations of Words and Phrases and their
    Compositionality", NIPS 2013.  The same sentences and seed give the same vectors.

    Words that occur in the same contexts get the same vectors; in captions of one pattern
    ("a red circle", "a green circle") all colours would become one word.  Two measures prevent
    this: the window is so wide that the captions of a picture can form one sentence, in which a
    colour occurs several times, but no other colour; and the vectors start from random ones of
    length 1, on average, where gensim starts near 0, so that each word keeps a share of its own.

    Parameters
    ----------
    sentences
        The words of each, best those of all captions of a picture.
    seed

    Returns
    -------
    known
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

    epochs = min(MAX_EPOCHS, max(1, round(WORDS_SEEN / total)))
    model = Word2Vec(
        vector_size=WIDTH,
        window=WINDOW,
        sample=SUBSAMPLING,
        min_count=1,
        sorted_vocab=0,
        seed=seed,
        workers=1,  # the order in which two take turns differs between runs
    )
    model.build_vocab_from_freq(frequencies, corpus_count=len(sentences))
    model.wv.vectors *= np.sqrt(3 * WIDTH)  # gensim draws between -1 / WIDTH and 1 / WIDTH
    with tqdm(
        total=epochs * len(sentences), desc='training word vectors', unit=' sentences', disable=None
    ) as bar:
        model.train(_Passes(sentences, bar), total_examples=len(sentences), epochs=epochs)
    return model.wv.index_to_key, model.wv.vectors


class _Passes:
    """Sentences that advance a progress bar as they are read, once in each epoch."""

    def __init__(self, sentences, bar):
        self.sentences, self.bar = sentences, bar

    def __iter__(self):
        for sentence in self.sentences:
            yield sentence
            self.bar.update()


def require_word2vec() -> type:
    """gensim's class Word2Vec; raises :class:`InputError` where gensim is not installed."""
    try:
        from gensim.models import Word2Vec

        return Word2Vec
    except ImportError:
        raise InputError(
            'word vectors are trained by gensim, which '
            + (NO_GENSIM if sys.version_info < (3, 14) else NO_RELEASE)
        ) from None
