"""Sentence vectors: the smooth inverse frequency embedding of captions.

Arora, Liang and Ma, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", ICLR
2017, algorithm 1. The word vectors v_w of a caption are averaged with weights that fall
with the words' probabilities p(w), and the projection on u, the first right singular vector
of the training captions' averages, is removed::

    s = mean over the words w of  a / (a + p(w)) v_w        a = 10^-3
    v = scale (s - u u's)

The paper has no ``scale``. Here it gives the training captions' vectors unit standard deviation:
unscaled they are small beside the feature maps that they join (docs/captions.md, "Scale").
"""

import difflib
import json
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from textwrap import shorten

import numpy as np
import scipy.sparse

from ift6266.captions.tokens import tokenize
from ift6266.captions.word_vectors import WIDTH
from ift6266.errors import InputError

A = 1e-3
GROUP = 'caption_embedding'  # where files have the arrays of an embedding

logger = logging.getLogger(__name__)
_CORRECTED = 5  # unknown words of a sentence that are compared with all known ones
_BLOCK = 2**14  # vectors computed at a time where not all are kept, 20 MB


@dataclass(frozen=True, eq=False)
class Embedded:
    """What became of captions.

    ``vectors`` is (captions, 300) float32; ``unknown`` counts the words that were skipped;
    ``empty`` is the number of captions without any known word, whose vectors are zero.
    """

    vectors: np.ndarray
    unknown: Counter[str]
    empty: int


@dataclass(frozen=True, eq=False)
class WordCounts:
    """How often each word occurs in each caption: (captions, words) float32; distinct words."""

    matrix: scipy.sparse.csr_matrix
    words: list[str]

    def of(self, vocabulary: list[str]) -> scipy.sparse.csr_matrix:
        """The counts of the words of a vocabulary, (captions, len(vocabulary))."""
        columns = {word: column for column, word in enumerate(vocabulary)}
        pairs = [(row, columns[word]) for row, word in enumerate(self.words) if word in columns]
        rows, chosen = np.array(pairs, int).reshape(-1, 2).T
        selection = scipy.sparse.csr_matrix(
            (np.ones(len(pairs), np.float32), (rows, chosen)), (len(self.words), len(columns))
        )
        return self.matrix @ selection

    def outside(self, vocabulary: list[str]) -> Counter[str]:
        """The counts, over all captions, of the words that are not in a vocabulary."""
        known = set(vocabulary)
        totals = np.bincount(self.matrix.indices, self.matrix.data, len(self.words))
        return Counter({
            word: int(total) for word, total in zip(self.words, totals) if word not in known
        })


def count_words(sentences: list[list[str]]) -> WordCounts:
    """Count the words of sentences; the words come in the order of first occurrence."""
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


@dataclass(frozen=True, eq=False, kw_only=True)
class CaptionEmbedding:
    """From captions to sentence vectors.

    Parameters
    ----------
    vocabulary
        Distinct words; all others are skipped.
    word_vectors : (len(vocabulary), 300) float32
    probabilities : (len(vocabulary),) float64 in [0, 1]
    projection : (300,) float32
        The vector u of unit length, whose direction is removed.
    scale
    mean : (300,) float32
        The mean of the training captions' vectors, for pictures without a caption.
    settings
        Where all this comes from, to be written as JSON.
    """

    vocabulary: list[str]
    word_vectors: np.ndarray
    probabilities: np.ndarray
    projection: np.ndarray
    scale: float
    mean: np.ndarray
    settings: dict

    @cached_property
    def _terms(self):
        """What each word adds to a caption: projection and scale are linear, so they come first."""
        weighted = _weighted(self.word_vectors, self.probabilities)
        along = np.outer(weighted @ self.projection, self.projection)
        return (self.scale * (weighted - along)).astype(np.float32)

    def embed(self, captions: list[str]) -> Embedded:
        """Embed captions; a word that a caption has twice counts twice."""
        counts = count_words([tokenize(caption) for caption in captions])
        known = counts.of(self.vocabulary)
        return Embedded(self.vectors(known), counts.outside(self.vocabulary), count_empty(known))

    def embed_sentence(self, caption: str) -> np.ndarray:
        """The vector of one sentence, (300,) float32.

        Words that are skipped are logged, once for a sentence.  Raises :class:`InputError` where no
        word of it is known.
        """
        return self._sentence_vector(caption)

    @cached_property
    def _sentence_vector(self):
        return lru_cache(100)(self._embed_sentence)

    def _embed_sentence(self, caption):
        if not caption.strip():
            raise InputError('the caption is empty; say what to paint, or give none')
        embedded = self.embed([caption])
        similar = self._similar(list(embedded.unknown)[:_CORRECTED])
        if embedded.empty:
            # Of the frequent words the rarest in general, which are no articles or prepositions.
            words = np.array(self.vocabulary[:100])[np.argsort(self.probabilities[:100])]
            raise InputError(
                f'no word of the caption {shorten(caption, 60, placeholder=" ...")!r} is known; '
                f'known words are, for example, {", ".join([*similar, *words][:5])}'
            )
        if embedded.unknown:
            logger.warning(
                'unknown words of the caption, skipped: %s%s',
                shorten(' '.join(embedded.unknown), 60, placeholder=' ...'),
                f'; known is {" ".join(similar)}' if similar else '',
            )
        return embedded.vectors[0]

    def _similar(self, words):
        """Known words that resemble unknown ones."""
        found = [difflib.get_close_matches(word, self.vocabulary, 1, 0.75) for word in words]
        return list(dict.fromkeys(chain.from_iterable(found)))

    def average(self, captions: list[list[str]]) -> np.ndarray:
        """The mean vector of each picture's captions, (pictures, 300) float32.

        A picture without captions gets the mean of the training captions.
        """
        numbers = np.array([len(lines) for lines in captions], int)
        return self.means(self.embed(list(chain.from_iterable(captions))).vectors, numbers)

    def means(self, vectors: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """The mean of each picture's vectors, (pictures, 300) float32.

        ``vectors``, (captions, 300) float32, are those of all pictures, and ``numbers``,
        (pictures,), how many each has.  Where it has none, the mean is that of the training
        captions.
        """
        means = np.tile(self.mean, (len(numbers), 1))
        if len(vectors):
            starts = (np.cumsum(numbers) - numbers)[numbers > 0]
            sums = np.add.reduceat(vectors, starts)
            means[numbers > 0] = sums / numbers[numbers > 0, np.newaxis].astype(np.float32)
        return means

    def vectors(self, counts: scipy.sparse.csr_matrix) -> np.ndarray:
        """Vectors, (captions, 300) float32, from the counts that :meth:`WordCounts.of` gives."""
        return _average(counts, self._terms)

    def same_as(self, other: 'CaptionEmbedding') -> bool:
        """Whether both give every caption the same vector."""
        return self.vocabulary == other.vocabulary and np.array_equal(self._terms, other._terms)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as plain arrays by name; the vocabulary is text, one word a line."""
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
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], path: str | Path) -> 'CaptionEmbedding':
        """The embedding whose :meth:`arrays` these are.

        Raises :class:`InputError`, which names ``path``, where an array is missing or malformed.
        """
        problem = _problem(arrays)
        if problem:
            raise InputError(
                f'{path}: its caption embedding is damaged or of another version ({problem}); '
                'copy the file again or make it anew'
            )
        return cls(
            vocabulary=_words(arrays),
            word_vectors=arrays['word_vectors'],
            probabilities=arrays['probabilities'],
            projection=arrays['projection'],
            scale=float(arrays['scale']),
            mean=arrays['mean'],
            settings=json.loads(str(arrays['settings'])),
        )

    def companions(self) -> dict[str, np.ndarray]:
        """The arrays under the names that they have in the file of a trained generator."""
        return {f'{GROUP}/{name}': array for name, array in self.arrays().items()}


def fit_embedding(
    counts: scipy.sparse.csr_matrix,
    *,
    vocabulary: list[str],
    word_vectors: np.ndarray,
    probabilities: np.ndarray,
    settings: dict,
    scaled: bool = True,
) -> CaptionEmbedding:
    """The embedding of training captions.

    Parameters
    ----------
    counts : (captions, len(vocabulary))
        Of the training captions, as :meth:`WordCounts.of` gives it.
    vocabulary, word_vectors, probabilities, settings
        As :class:`CaptionEmbedding` has them; ``a`` and ``scaled`` are added to the settings.
    scaled
        Give the vectors unit standard deviation, over all entries of all training captions, or
        leave them as the paper has them.

    Raises
    ------
    InputError
        If fewer than two captions have known words, or all captions have the same ones.
    """
    from sklearn.decomposition import TruncatedSVD  # takes 4 s, and only this needs it

    averages = _average(counts, _weighted(word_vectors, probabilities).astype(np.float32))
    _, size = _moments([averages])
    if len(averages) - count_empty(counts) < 2 or not size:
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
            vocabulary=vocabulary,
            word_vectors=word_vectors,
            probabilities=probabilities,
            projection=projection,
            scale=scale,
            mean=mean.astype(np.float32),
            settings=settings,
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


def count_empty(counts: scipy.sparse.csr_matrix) -> int:
    """How many captions, the rows of ``counts``, have none of its words."""
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
