"""The smooth inverse frequency embedding, against a computation by hand."""

import json
import os
from collections import Counter
from unittest import mock

import numpy

from ift6266.arrays import read_arrays, write_arrays
from ift6266.captions.embedding import CaptionEmbedding, WordCounts, count_words, fit_embedding
from ift6266.captions.tokens import tokenize
from tests.support import in_folder, input_error

SENTENCES = [
    'a man rides a red bus',
    'two dogs on a bridge',
    'a red bus on a bridge',
    'the man and the two dogs',
    'a bridge',
    'dogs ride the bus',
    'a man on a red bridge',
    'the red dogs and a man and a bus',
    'two two two',
    'a zyzzyva on the bus',
]
UNKNOWN = {'zyzzyva', 'ride', 'rides'}
VOCABULARY = sorted({word for line in SENTENCES for word in line.split()} - UNKNOWN)


def word_vectors():
    """Random ones with a common part, as real ones have."""
    random = numpy.random.RandomState(1)
    vectors = random.normal(size=(len(VOCABULARY), 300)) + random.normal(size=300)
    return vectors.astype('float32')


def probabilities():
    return numpy.random.RandomState(2).uniform(0, 0.05, len(VOCABULARY))


def counts_of(sentences):
    return count_words([tokenize(line) for line in sentences]).of(VOCABULARY)


def fit(sentences=SENTENCES, **options):
    made_of = {
        'vocabulary': VOCABULARY,
        'word_vectors': word_vectors(),
        'probabilities': probabilities(),
        'settings': {'vectors': 'random'},
    }
    return fit_embedding(counts_of(sentences), **{**made_of, **options})


def averages_by_hand(sentences):
    """The weighted averages, word by word in double precision."""
    rows = []
    for sentence in sentences:
        terms = [
            0.001
            / (0.001 + probabilities()[VOCABULARY.index(word)])
            * word_vectors()[VOCABULARY.index(word)].astype('float64')
            for word in sentence.split()
            if word in VOCABULARY
        ]
        rows.append(sum(terms) / len(terms) if terms else numpy.zeros(300))
    return numpy.array(rows)


def by_hand(sentences, train=SENTENCES, scaled=True):
    direction = numpy.linalg.svd(averages_by_hand(train), full_matrices=False)[2][0]

    def projected(lines):
        return numpy.array([
            row - direction * sum(direction * row) for row in averages_by_hand(lines)
        ])

    scale = 1 / projected(train).std() if scaled else 1
    return scale * projected(sentences), scale


def test_ten_sentences_by_hand():
    for scaled in (True, False):
        embedding = fit(scaled=scaled)
        expected, scale = by_hand(SENTENCES, scaled=scaled)
        vectors = embedding.embed(SENTENCES).vectors
        assert vectors.dtype == 'float32' and vectors.shape == (10, 300)
        assert numpy.abs(expected).max() > 0.1  # what follows would hold for zeros as well
        numpy.testing.assert_allclose(vectors, expected, atol=1e-5)
        numpy.testing.assert_allclose(embedding.scale, scale, rtol=1e-5)
        numpy.testing.assert_allclose(embedding.mean, expected.mean(axis=0), atol=1e-5)
        assert embedding.settings == {'vectors': 'random', 'a': 1e-3, 'scaled': scaled}


def test_training_vectors_have_unit_deviation_without_a_common_direction():
    embedding = fit()
    vectors = embedding.embed(SENTENCES).vectors
    assert abs(vectors.std() - 1) < 1e-5
    assert abs(numpy.linalg.norm(embedding.projection) - 1) < 1e-5
    assert numpy.abs(vectors @ embedding.projection).max() < 1e-4


def test_sentences_that_it_was_not_fitted_on():
    others = ['the bus', 'a bridge and two men', 'red red dogs']
    embedded = fit().embed(others)
    numpy.testing.assert_allclose(embedded.vectors, by_hand(others)[0], atol=1e-5)
    assert embedded.unknown == Counter({'men': 1}) and embedded.empty == 0


def test_captions_without_known_words_are_zero_and_counted():
    embedded = fit().embed(['nothing', '', 'красный автобус', 'a bus!', 'Nothing at all'])
    assert embedded.empty == 4
    assert embedded.unknown == Counter(nothing=2, at=1, all=1, красный=1, автобус=1)
    assert not embedded.vectors[[0, 1, 2, 4]].any() and embedded.vectors[3].any()


def test_unknown_words_are_skipped_and_words_count_as_often_as_they_occur():
    embedding = fit()
    plain, odd, more = embedding.embed(['red bus', 'xx red xx bus yy', 'red red bus']).vectors
    numpy.testing.assert_array_equal(plain, odd)
    assert numpy.abs(plain - more).max() > 0.1
    (long,) = embedding.embed(['red red bus ' * 4000]).vectors
    numpy.testing.assert_allclose(long, more, atol=1e-4)


def test_no_captions_at_all():
    embedded = fit().embed([])
    assert embedded.vectors.shape == (0, 300) and embedded.empty == 0 and not embedded.unknown


def test_one_sentence():
    embedding = fit()
    for caption, skipped in (
        ('a red bus', None),
        ('A RED bus, a zyzzyva!', 'zyzzyva'),
        (10000 * 'a red bus ', None),
    ):
        with mock.patch('ift6266.captions.embedding.logger.warning') as warning:
            vector = embedding.embed_sentence(caption)
            embedding.embed_sentence(caption)  # it is said once
        expected, _ = by_hand(['a red bus a' if skipped else 'a red bus'])
        numpy.testing.assert_allclose(vector, expected[0], atol=1e-5)
        assert [call[0][1] for call in warning.call_args_list] == [skipped] * bool(skipped)
    for caption in ('', '  \n'):
        assert 'the caption is empty' in input_error(embedding.embed_sentence, caption)
    assert 'for example, bridge' in input_error(embedding.embed_sentence, 'brigde')
    with mock.patch('ift6266.captions.embedding.logger.warning') as warning:
        embedding.embed_sentence('a brigde')
    assert warning.call_args[0][1:] == ('brigde', '; known is bridge')
    for caption in ('...', '红色的公共汽车', 5000 * 'zyzzyva '):
        message = input_error(embedding.embed_sentence, caption)
        assert 'no word' in message and len(message) < 200, message


def test_averages_of_pictures():
    embedding = fit()
    pictures = [[], ['a bus'], ['a man', 'unheard-of', 'two dogs'], []]
    found = embedding.average(pictures)
    assert found.shape == (4, 300) and found.dtype == 'float32'
    numpy.testing.assert_array_equal(found[[0, 3]], [embedding.mean] * 2)
    for row in (1, 2):
        expected = by_hand(pictures[row])[0].mean(axis=0)
        numpy.testing.assert_allclose(found[row], expected, atol=1e-5)
    numpy.testing.assert_array_equal(embedding.average([[]]), [embedding.mean])


def test_counts():
    sentences = [['b', 'a', 'b'], [], ['c', 'c', 'c', 'a']]
    counts = count_words(sentences)
    assert counts.words == ['b', 'a', 'c']
    assert counts.matrix.toarray().tolist() == [[2, 1, 0], [0, 0, 0], [0, 1, 3]]
    assert counts.of(['x', 'c', 'b']).toarray().tolist() == [[0, 0, 2], [0, 0, 0], [0, 3, 0]]
    assert counts.outside(['a', 'x']) == Counter(c=3, b=2)
    nothing = count_words([[], []])
    assert isinstance(nothing, WordCounts) and nothing.of(['a']).shape == (2, 1)


def test_many_blocks_are_as_one():
    """More captions than are held at a time."""
    random = numpy.random.RandomState(3)
    lines = [' '.join(random.choice(VOCABULARY, 4)) for _ in range(300)] * 60
    many, few = fit(lines), fit(lines[:300])
    numpy.testing.assert_allclose(many.scale, few.scale, rtol=1e-4)
    numpy.testing.assert_allclose(many.mean, few.mean, atol=1e-4)


def test_too_few_captions_or_all_alike():
    for sentences, problem in (
        (['a red bus'], 'fewer than two'),
        (['a red bus', 'nothing', ''], 'fewer than two'),
        (['a red bus', 'red a bus'] * 7, 'all alike'),
        (['two'] * 2, 'all alike'),
    ):
        for scaled in (True, False):
            assert problem in input_error(fit, sentences, scaled=scaled), sentences
    assert 'fewer than two' in input_error(fit, word_vectors=0 * word_vectors())


def test_two_captions_are_enough():
    two = ['a red bus', 'the dogs']
    numpy.testing.assert_allclose(fit(two).embed(two).vectors, by_hand(two, two)[0], atol=1e-5)


@in_folder
def test_arrays_and_back(folder):
    embedding = fit()
    path = os.path.join(folder, 'x.npz')
    write_arrays(path, embedding.arrays())
    again = CaptionEmbedding.from_arrays(read_arrays(path), path)
    assert again.vocabulary == VOCABULARY and again.settings == embedding.settings
    assert again.scale == embedding.scale
    for name in ('word_vectors', 'probabilities', 'projection', 'mean'):
        numpy.testing.assert_array_equal(getattr(again, name), getattr(embedding, name))
    numpy.testing.assert_array_equal(
        again.embed(SENTENCES).vectors, embedding.embed(SENTENCES).vectors
    )


def test_arrays_that_are_no_embedding():
    good = fit().arrays()
    words = numpy.array(good['vocabulary'])
    settings = json.loads(str(good['settings']))
    bad = [(name, None) for name in good] + [
        ('vocabulary', numpy.array('\n'.join(['a'] * len(VOCABULARY)))),
        ('vocabulary', numpy.array('')),
        ('vocabulary', words.reshape(1)),
        ('vocabulary', numpy.array(str(words) + '\nmore')),
        ('vocabulary', numpy.arange(3)),
        ('word_vectors', word_vectors()[:, :50]),
        ('word_vectors', word_vectors()[:-1]),
        ('word_vectors', word_vectors().astype('float64')),
        ('word_vectors', word_vectors() * numpy.nan),
        ('mean', good['mean'] * numpy.inf),
        ('mean', good['mean'][1:]),
        ('projection', 2 * good['projection']),
        ('probabilities', -good['probabilities']),
        ('probabilities', good['probabilities'] + 1),
        ('scale', numpy.array(0.0)),
        ('scale', numpy.array('1')),
        ('scale', numpy.ones(2)),
        ('settings', numpy.array('{')),
        ('settings', numpy.array('[' * 100000)),
        ('settings', numpy.array('[]')),
        ('settings', numpy.array(b'{}')),
        ('settings', numpy.array(json.dumps(dict(settings, a=1e-4)))),
    ]
    for name, value in bad:
        arrays = dict(good, **{name: value})
        if value is None:
            del arrays[name]
        message = input_error(CaptionEmbedding.from_arrays, arrays, 'some.npz')
        assert message.startswith('some.npz: ') and 'of another version' in message, message
