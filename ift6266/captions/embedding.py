"""Sentence vectors: the smooth inverse frequency embedding of captions.

Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR
2017, algorithm 1. The word vectors v_w of a caption are averaged with weights that fall
with the words' probabilities p(w), and the projection on u, the first right singular vector
of the training captions' averages, is removed::

    s = mean over the words w of  a / (a + p(w)) v_w        a = 10^-3
    v = scale (s - u u's)

The paper has no ``scale``. Here it gives the training captions' vectors unit standard
deviation: as they come they are so small that a network hardly hears them.
"""

import json
import logging
from collections import Counter, namedtuple
from itertools import chain
from textwrap import shorten

import numpy as np
import scipy.sparse

from ift6266.captions.tokens import tokenize
from ift6266.captions.word_vectors import WIDTH
from ift6266.errors import InputError

A = 1e-3
GROUP = 'caption_embedding'  # where files have the arrays of an embedding

logger = logging.getLogger(__name__)
_BLOCK = 2**14  # vectors computed at a time where not all are kept, 20 MB

Embedded = namedtuple('Embedded', 'vectors unknown silent')
Embedded.__doc__ = """What became of captions.

``vectors`` is (captions, 300) float32; ``unknown``, a :class:`collections.Counter`, holds
the words that were skipped; ``silent`` is the number of captions without any known word,
whose vectors are zero.
"""


class WordCounts(namedtuple('WordCounts', 'matrix words')):
    """How often each word occurs in each caption.

    ``matrix`` is a SciPy CSR matrix, (captions, words) float32; ``words`` is a list of
    distinct str.
    """

    __slots__ = ()

    def of(self, vocabulary):
        """The CSR matrix, (captions, len(vocabulary)), with the words of a vocabulary."""
        columns = {word: column for column, word in enumerate(vocabulary)}
        pairs = [(row, columns[word]) for row, word in enumerate(self.words) if word in columns]
        rows, chosen = np.array(pairs, int).reshape(-1, 2).T
        selection = scipy.sparse.csr_matrix(
            (np.ones(len(pairs), np.float32), (rows, chosen)), (len(self.words), len(columns))
        )
        return self.matrix @ selection

    def outside(self, vocabulary):
        """A :class:`collections.Counter` of the words that are not in a vocabulary."""
        known = set(vocabulary)
        totals = np.bincount(self.matrix.indices, self.matrix.data, len(self.words))
        return Counter({
            word: int(total) for word, total in zip(self.words, totals) if word not in known
        })


def count_words(sentences):
    """The :class:`WordCounts` of a list of lists of words, in the order of first occurrence."""
    columns = {}
    indices = np.fromiter(
        (columns.setdefault(word, len(columns)) for word in chain.from_iterable(sentences)),
        np.int32,
    )
    ends = np.cumsum([0] + [len(sentence) for sentence in sentences])
    matrix = scipy.sparse.csr_matrix(
        (np.ones(len(indices), np.float32), indices, ends), (len(sentences), len(columns))
    )
    matrix.sum_duplicates()
    return WordCounts(matrix, list(columns))


class CaptionEmbedding:
    """From captions to sentence vectors.

    Parameters
    ----------
    vocabulary : list of str
        Distinct words; all others are skipped.
    word_vectors : (len(vocabulary), 300) float32
    probabilities : (len(vocabulary),) float64 in [0, 1]
    projection : (300,) float32
        The vector u of unit length, whose direction is removed.
    scale : float
    mean : (300,) float32
        The mean of the training captions' vectors: what to say where there is no caption.
    settings : dict
        Where all this comes from, to be written as JSON.
    """

    def __init__(self, vocabulary, word_vectors, probabilities, projection, scale, mean, settings):
        self.vocabulary, self.word_vectors = vocabulary, word_vectors
        self.probabilities, self.projection = probabilities, projection
        self.scale, self.mean, self.settings = scale, mean, settings
        # Projection and scale are linear: done once for each word, captions need them no more.
        weighted = _weighted(word_vectors, probabilities)
        along = np.outer(weighted @ projection, projection)
        self._terms = (scale * (weighted - along)).astype(np.float32)

    def embed(self, captions):
        """Embed a list of str, of any length; returns :class:`Embedded`.

        A word that a caption has twice counts twice.
        """
        counts = count_words([tokenize(caption) for caption in captions])
        known = counts.of(self.vocabulary)
        return Embedded(self.vectors(known), counts.outside(self.vocabulary), count_silent(known))

    def embed_sentence(self, caption):
        """The vector of one sentence, (300,) float32; words that are skipped are logged.

        Raises :class:`InputError` where no word of it is known.
        """
        embedded = self.embed([caption])
        if embedded.silent:
            raise InputError(
                'no word of the caption {!r} is known; known are such as {}'.format(
                    shorten(caption, 60, placeholder=' ...'), ', '.join(self.vocabulary[:5])
                )
            )
        if embedded.unknown:
            logger.warning(
                'unknown words of the caption, skipped: %s',
                shorten(' '.join(embedded.unknown), 60, placeholder=' ...'),
            )
        return embedded.vectors[0]

    def average(self, captions):
        """The mean vector of each picture's captions.

        Parameters
        ----------
        captions : list of lists of str
            Those of each picture.

        Returns
        -------
        (pictures, 300) float32
            A picture without captions gets the mean of the training captions.
        """
        numbers = np.array([len(lines) for lines in captions], int)
        vectors = self.embed(list(chain.from_iterable(captions))).vectors
        means = np.tile(self.mean, (len(captions), 1))
        if len(vectors):
            starts = (np.cumsum(numbers) - numbers)[numbers > 0]
            sums = np.add.reduceat(vectors, starts)
            means[numbers > 0] = sums / numbers[numbers > 0, np.newaxis].astype(np.float32)
        return means

    def vectors(self, counts):
        """Vectors, (captions, 300) float32, from counts of the vocabulary's words.

        ``counts`` is a CSR matrix as :meth:`WordCounts.of` gives it.
        """
        return _average(counts, self._terms)

    def same_as(self, other):
        """Whether every caption gets the vector that another embedding gives it."""
        return self.vocabulary == other.vocabulary and np.array_equal(self._terms, other._terms)

    def arrays(self):
        """All of it as a dict of plain arrays; the vocabulary is text, one word a line."""
        return {
            'vocabulary': np.array('\n'.join(self.vocabulary)),
            'word_vectors': self.word_vectors,
            'probabilities': self.probabilities,
            'projection': self.projection,
            'mean': self.mean,
            'scale': np.array(self.scale, np.float64),
            'settings': np.array(json.dumps(self.settings)),
        }

    @classmethod
    def from_arrays(cls, arrays, path):
        """Undo :meth:`arrays`.

        Raises :class:`InputError`, naming ``path``, where one is missing or is not what it
        should be.
        """
        problem = _problem(arrays)
        if problem:
            raise InputError(
                f'{path}: its caption embedding is damaged or of another version ({problem}); '
                'copy the file again or make it anew'
            )
        return cls(
            _words(arrays),
            arrays['word_vectors'],
            arrays['probabilities'],
            arrays['projection'],
            float(arrays['scale']),
            arrays['mean'],
            json.loads(str(arrays['settings'])),
        )

    def companions(self):
        """The arrays under the names that they have in the file of a trained generator."""
        return {f'{GROUP}/{name}': array for name, array in self.arrays().items()}


def fit_embedding(counts, vocabulary, word_vectors, probabilities, settings, scaled=True):
    """The :class:`CaptionEmbedding` of training captions.

    Parameters
    ----------
    counts : CSR matrix, (captions, len(vocabulary))
        Of the training captions, as :meth:`WordCounts.of` gives it.
    vocabulary, word_vectors, probabilities, settings
        As :class:`CaptionEmbedding` has them; ``a`` and ``scaled`` are added to the settings.
    scaled : bool
        Whether the vectors get unit standard deviation, all entries of all training captions
        taken together, or stay as the paper has them.

    Raises
    ------
    InputError
        If there are fewer than two captions with known words, or nothing tells them apart.
    """
    from sklearn.decomposition import TruncatedSVD

    averages = _average(counts, _weighted(word_vectors, probabilities).astype(np.float32))
    _, size = _moments([averages])
    if len(averages) - count_silent(counts) < 2 or not size:
        raise InputError(
            'fewer than two training captions have words with vectors; more '
            'captions, or other word vectors, are needed'
        )
    with np.errstate(invalid='ignore'):  # it divides by the variance, which may be zero
        svd = TruncatedSVD(n_components=1, algorithm='arpack', random_state=0).fit(averages)
    projection = svd.components_[0].astype(np.float32)
    settings = {**settings, 'a': A, 'scaled': scaled}

    def embedding(scale, mean):
        return CaptionEmbedding(
            vocabulary,
            word_vectors,
            probabilities,
            projection,
            scale,
            mean.astype(np.float32),
            settings,
        )

    plain = embedding(1.0, np.zeros(WIDTH))
    mean, size_left = _moments(
        plain.vectors(counts[first : first + _BLOCK]) for first in range(0, len(averages), _BLOCK)
    )
    deviation = np.sqrt(max(0.0, size_left**2 - mean.mean() ** 2))
    if deviation < 1e-5 * size:  # only rounding is left
        raise InputError(
            'the training captions are all alike: nothing is left of them without '
            'their common direction; more captions are needed'
        )
    scale = 1 / deviation if scaled else 1.0
    return embedding(scale, scale * mean)


def count_silent(counts):
    """How many captions, rows of a CSR matrix, have none of its words."""
    return int((np.diff(counts.indptr) == 0).sum())


def _weighted(word_vectors, probabilities):
    return word_vectors * (A / (A + probabilities))[:, np.newaxis]


def _average(counts, terms):
    """Averages of rows of ``terms`` by ``counts``, a CSR matrix; zero where all counts are."""
    vectors = counts @ terms
    vectors /= np.maximum(np.asarray(counts.sum(axis=1)), 1)  # in place: it is large
    return vectors


def _moments(blocks):
    """The mean row of all blocks of rows, and the root of the mean square of their entries."""
    number, total, squares = 0, 0.0, 0.0
    for rows in blocks:
        number += len(rows)
        total = total + rows.sum(axis=0, dtype=np.float64)
        squares += np.einsum('ij,ij->i', rows, rows).sum(dtype=np.float64)
    return total / number, np.sqrt(squares / (number * WIDTH))


def _words(arrays):
    return str(arrays['vocabulary']).split('\n')


def _problem(arrays):
    """What is wrong with the arrays of an embedding, or None."""
    for name in ('vocabulary', 'settings'):
        if name not in arrays or arrays[name].dtype.kind != 'U' or arrays[name].ndim:
            return f'"{name}" is missing or no text'
    words = _words(arrays)
    if '' in words or len(set(words)) < len(words):
        return 'its vocabulary has an empty word, or one twice'
    for name, shape, dtype in (
        ('word_vectors', (len(words), WIDTH), 'float32'),
        ('probabilities', (len(words),), 'float64'),
        ('projection', (WIDTH,), 'float32'),
        ('scale', (), 'float64'),
        ('mean', (WIDTH,), 'float32'),
    ):
        array = arrays.get(name)
        if array is None or array.shape != shape or array.dtype != dtype:
            return f'"{name}" is missing or not {dtype} {shape}'
        if not np.isfinite(array).all():
            return f'"{name}" holds what is not a finite number'
    if arrays['probabilities'].min() < 0 or arrays['probabilities'].max() > 1:
        return 'a probability is below 0 or above 1'
    if abs(np.linalg.norm(arrays['projection']) - 1) > 1e-3 or arrays['scale'] <= 0:
        return 'the projection is no unit vector, or the scale not above 0'
    try:
        settings = json.loads(str(arrays['settings']))
    except (ValueError, RecursionError):
        return '"settings" is not JSON'
    if not isinstance(settings, dict) or settings.get('a') != A:
        return f'its settings are not those of a = {A}'
