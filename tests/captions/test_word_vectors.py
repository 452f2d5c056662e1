"""Word vectors against files that gensim wrote and files by hand; trained ones by their sense."""

import bz2
import codecs
import gzip
import hashlib
import io
import lzma
import os
import pickle
import random
import subprocess
import sys
import tracemalloc
import unittest
import zipfile
from itertools import cycle
from pathlib import Path
from unittest import mock

import h5py
import numpy

try:
    from gensim.models import FastText, KeyedVectors, Word2Vec
except ImportError:
    raise unittest.SkipTest('gensim is not installed; it has no release for Python 3.14') from None

from ift6266.captions.word_vectors import WIDTH, read_word_vectors, train_word_vectors
from tests.support import PROJECT, encoded, in_folder, input_error, noise, write

WORDS = ['the', 'été', "don't", '747', '</s>', 'bus']
VECTORS = numpy.random.RandomState(0).normal(size=(len(WORDS), WIDTH)).astype('float32')


# Word vectors of WORDS, and models, from gensim 3.2 in Python 2 and gensim 3.8 in Python 3. All
# numbers of word k are k + 0.5; random states are left out of the models.
SAVED = Path(__file__).parent / 'saved_by_gensim'
FOREIGN = 'no word vectors that gensim saved and that can be read here'


class Evil:
    def __reduce__(self):
        return os.mkdir, ('/tmp/ift6266-evil',)


def keyed(words=WORDS, vectors=VECTORS):
    result = KeyedVectors(vectors.shape[1], dtype=vectors.dtype)
    result.add_vectors(words, vectors)
    return result


def written(folder, name, **options):
    """Path and content of a file in one of word2vec's formats, by gensim."""
    path = os.path.join(folder, name)
    keyed().save_word2vec_format(path, **options)
    with open(path, 'rb') as file:
        return path, file.read()


def saved(folder, name, vectors=VECTORS, **options):
    """Path of a file in gensim's own format."""
    path = os.path.join(folder, name)
    keyed(vectors=vectors).save(path, **options)
    return path


def record(word, vector):
    return word.encode() + b' ' + vector.astype('<f4').tobytes()


def line(word, vector, end='\n'):
    return (' '.join([word] + [repr(float(number)) for number in vector]) + end).encode()


def check(path, vectors=VECTORS):
    """All words in another order, among unknown ones, have their vectors."""
    wanted = ['zebra'] + WORDS[::-1] + ['THE', 'th', '']
    known, found = read_word_vectors(path, iter(wanted))
    assert known == WORDS[::-1]
    assert found.dtype == 'float32' and found.shape == (len(WORDS), WIDTH)
    numpy.testing.assert_array_equal(found, vectors[::-1])
    known, found = read_word_vectors(path, ['zebra', '747'])
    assert known == ['747']
    numpy.testing.assert_array_equal(found, vectors[3:4])


@in_folder
def test_formats_of_word2vec_and_glove(folder):
    for options in ({'binary': True}, {'binary': False}, {'write_header': False}):
        path, content = written(folder, 'x', **options)
        check(path)
        check(write(folder, 'x.gz', gzip.compress(content)))


@in_folder
def test_gensims_own_format(folder):
    check(saved(folder, 'in_one.kv'))
    assert os.listdir(folder) == ['in_one.kv']
    check(saved(folder, 'beside.kv', sep_limit=0))
    assert os.path.exists(os.path.join(folder, 'beside.kv.vectors.npy'))
    check(saved(folder, 'by_columns.kv', numpy.asfortranarray(VECTORS)))
    half = VECTORS.astype('float16')
    check(saved(folder, 'half.kv', half), half.astype('float32'))
    check(saved(folder, 'double.kv', VECTORS.astype('float64')))


@in_folder
def test_attributes_that_gensim_saves_along(folder):
    path = os.path.join(folder, 'x.kv')
    model = keyed()
    model.set_vecattr('bus', 'count', 3)
    model.set_vecattr('bus', 'remark', 'red')
    model.fill_norms()
    model.save(path)
    check(path)
    trained = Word2Vec([WORDS] * 9, vector_size=WIDTH, min_count=1, workers=1).wv
    trained.save(path)
    check(path, trained[WORDS])


def test_what_earlier_versions_of_gensim_saved():
    """Word vectors, also compressed with an array beside them, and whole models."""
    vectors = numpy.repeat(numpy.arange(6, dtype='float32')[:, None] + 0.5, WIDTH, axis=1)
    files = [path for path in SAVED.iterdir() if path.suffix != '.npz']
    assert len(files) == 6
    for path in files:
        check(str(path), vectors)


@in_folder
def test_compressed_files_and_whole_models_of_gensim(folder):
    for suffix in ('gz', 'bz2'):
        check(saved(folder, f'in_one.kv.{suffix}'))
        check(saved(folder, f'beside.kv.{suffix}', sep_limit=0))
        assert os.path.exists(os.path.join(folder, f'beside.kv.{suffix}.vectors.npz'))
    model = Word2Vec([WORDS] * 9, vector_size=WIDTH, min_count=1, workers=1)
    for options in ({}, {'sep_limit': 0}):
        path = os.path.join(folder, 'x.model')
        model.save(path, **options)
        check(path, model.wv[WORDS])


@in_folder
def test_the_advice_for_what_cannot_be_read_works(folder):
    """FastText of gensim 4 keeps parts of words alone."""
    model = FastText([WORDS] * 9, vector_size=WIDTH, min_count=1, workers=1, bucket=50)
    path, text = os.path.join(folder, 'x'), os.path.join(folder, 'x.txt')
    for saved, advice in (
        (model, 'model.wv.save_word2vec_format(FILE)'),
        (model.wv, 'vectors.save'),
    ):
        saved.save(path)
        assert advice in input_error(read_word_vectors, path, WORDS)
    model.wv.save_word2vec_format(text)
    numpy.testing.assert_allclose(read_word_vectors(text, WORDS)[1], model.wv[WORDS], rtol=1e-5)


@in_folder
def test_archives_of_text(folder):
    lines = b''.join(line(*pair) for pair in zip(WORDS, VECTORS))
    for compress, suffix in ((bz2.compress, 'bz2'), (lzma.compress, 'xz')):
        content = compress(lines)
        check(write(folder, f'x.txt.{suffix}', content))
        assert 'cut off or damaged' in message(folder, content[: len(content) // 2])
    path = os.path.join(folder, 'glove.zip')
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('glove.6B.300d.txt', lines)
    check(path)
    with zipfile.ZipFile(path, 'a') as archive:
        archive.writestr('glove.6B.50d.txt', b'')
    check(path)
    with zipfile.ZipFile(path, 'a') as archive:
        archive.writestr('glove.42B.300d.txt', b'')
    assert 'cut off or damaged' in message(folder, b'PK\x03\x04' + bytes(99))
    assert 'holds 3 files; unpack it' in input_error(read_word_vectors, path, WORDS)


@in_folder
def test_a_byte_order_mark_is_not_of_the_first_word(folder):
    lines = b''.join(line(*pair) for pair in zip(WORDS, VECTORS))
    header = f'{len(WORDS)} {WIDTH}\n'.encode()
    for content in (lines, header + lines):
        check(write(folder, 'x.txt', codecs.BOM_UTF8 + content))
    assert 'save it in UTF-8' in message(folder, lines.decode().encode('utf-16'))


@in_folder
def test_line_ends_and_blanks_of_other_writers(folder):
    pairs = list(zip(WORDS, VECTORS))
    header = f'{len(WORDS)} {WIDTH}\n'.encode()
    records = b''.join(record(*pair) + b'\n' for pair in pairs)  # as word2vec's own program does
    check(write(folder, 'x.bin', header + records))
    lines = b''.join(line(*pair, end=' \n') for pair in pairs)
    check(write(folder, 'x.txt', header + lines))
    check(write(folder, 'x.txt', (header + lines).replace(b' \n', b'\r\n')))
    check(write(folder, 'x.txt', lines.rstrip(b' \n')))
    check(write(folder, 'x.txt', (header + lines).replace(b' ', b'\t')))
    check(write(folder, 'x.txt', lines.replace(b' ', b'  ')))


@in_folder
def test_words_with_blanks(folder):
    lines = [line('. . .', 0 * VECTORS[0]), line('the name@example.com', 0 * VECTORS[0])]
    lines[1:1] = [line(*pair) for pair in zip(WORDS[1:], VECTORS[1:])]
    lines.append(line(WORDS[0], VECTORS[0]))
    lines[:2] = lines[1::-1]  # the first line shows the width
    check(write(folder, 'x.txt', b''.join(lines)))


@in_folder
def test_the_first_of_two_vectors_wins(folder):
    pairs = list(zip(WORDS + WORDS, numpy.concatenate([VECTORS, VECTORS + 1])))
    check(write(folder, 'x.bin', b'12 300\n' + b''.join(record(*pair) for pair in pairs)))
    check(write(folder, 'x.txt', b''.join(line(*pair) for pair in pairs)))


def message(folder, content, words=('the', 'bus')):
    """Error of a file of that content, which must name it."""
    text = input_error(read_word_vectors, write(folder, 'x', content), words)
    assert text.startswith(os.path.join(folder, 'x') + ': '), text
    return text


@in_folder
def test_cut_off_files(folder):
    _, binary = written(folder, 'x.bin', binary=True)
    size = len(binary) - len(record(WORDS[-1], VECTORS[-1]))  # without the last word
    for length in (len(binary) - 1, size + 600, size + 3, size):
        assert 'it says 6 vectors of 300 numbers, but the file ends after 5' in message(
            folder, binary[:length]
        )
    assert 'the file ends after 0' in message(folder, b'6 300\n')
    for options in ({}, {'write_header': False}):
        _, text = written(folder, 'x.txt', **options)
        assert 'vector 6 has 299 numbers, where 300 are needed' in message(
            folder, text[: text.rindex(b' ')]
        )
        assert 'vector 6 has 0 numbers' in message(folder, text[: text.rindex(b'bus') + 2])
    zipped = gzip.compress(binary)
    for length in (20, len(zipped) // 2, len(zipped) - 4):
        assert 'cut off or damaged' in message(folder, zipped[:length])
    damaged = bytearray(zipped)
    damaged[1000:1004] = b'\xff\xff\xff\xff'
    assert 'cut off or damaged' in message(folder, bytes(damaged))


@in_folder
def test_headers_that_are_wrong(folder):
    _, binary = written(folder, 'x.bin', binary=True)
    _, text = written(folder, 'x.txt')
    for content, truth in ((binary, 'more than that follows'), (text, 'the file ends after 6')):
        assert 'it says 5 vectors of 300 numbers, but ' + truth in message(
            folder, b'5' + content[1:]
        )
        assert 'it says 7 vectors of 300 numbers, but the file ends after 6' in message(
            folder, b'7' + content[1:]
        )
        assert 'has vectors of 200 numbers, where 300 are needed' in message(
            folder, content.replace(b'300', b'200', 1)
        )
    for width in (50, 299, 301, 600):
        vectors = [numpy.resize(vector, width) for vector in VECTORS]
        records = b''.join(map(record, WORDS, vectors))
        assert 'its header is wrong' in message(folder, b'6 300\n' + records)
        lines = b''.join(map(line, WORDS, vectors))
        assert f'vector 1 has {width} numbers' in message(folder, b'6 300\n' + lines)
    assert 'no word is before vector 7' in message(
        folder, b'9' + binary[1:] + bytes(2**14)
    )  # a download that reserved its place


@in_folder
def test_another_width(folder):
    expected = 'has vectors of 50 numbers, where 300 are needed'
    narrow = keyed(vectors=VECTORS[:, :50])
    for options in ({'binary': True}, {'binary': False}, {'write_header': False}):
        path = os.path.join(folder, 'x')
        narrow.save_word2vec_format(path, **options)
        assert expected in input_error(read_word_vectors, path, ['bus'])
    for options in ({}, {'sep_limit': 0}):
        path = saved(folder, 'x.kv', VECTORS[:, :50], **options)
        assert expected in input_error(read_word_vectors, path, ['bus'])
    pairs = list(zip(WORDS, VECTORS))
    mixed = [line(*pair) for pair in pairs[:3]] + [line('zebra', numpy.ones(310))]
    assert 'vector 4 has 310 numbers' in message(folder, b''.join(mixed))


@in_folder
def test_numbers_that_are_none(folder):
    for bad in (numpy.nan, numpy.inf, -numpy.inf):
        vectors = VECTORS.copy()
        vectors[-1, 7] = bad
        pairs = list(zip(WORDS, vectors))
        expected = 'the vector of "bus" holds what is not a finite number'
        binary = b'6 300\n' + b''.join(record(*pair) for pair in pairs)
        assert expected in message(folder, binary)
        assert expected in message(folder, b''.join(line(*pair) for pair in pairs))
        for options in ({}, {'sep_limit': 0}):
            path = saved(folder, 'x.kv', vectors, **options)
            assert expected in input_error(read_word_vectors, path, ['bus'])
        read_word_vectors(path, ['the'])  # the others can be used
    text = b''.join(line(*pair) for pair in zip(WORDS, VECTORS))
    place = text.rindex(b' ') + 1
    assert 'is not a finite number' in message(folder, text[:place] + b'1e39\n')
    for bad in (b'x', b'0.1.2', b'-'):
        assert '"bus" holds what is not a number' in message(folder, text[:place] + bad + b'\n')


@in_folder
def test_other_files(folder):
    h5py.File(os.path.join(folder, 'x.hdf5'), 'w').close()
    numpy.save(os.path.join(folder, 'x.npy'), VECTORS)
    foreign = [
        b'',
        b'\n',
        b'\x00' * 5000,
        b'It was a dark and stormy night.\n' * 500,
        encoded(noise(64, 64, 3)),
        encoded(noise(64, 64, 3), 'JPEG'),
        b'{"the": [0.1, 0.2]}',
        b'the 12\n',
        'сло\nво'.encode('utf-16'),
        b'cos\nmkdir\n(V/tmp/ift6266-evil\ntR.',
    ]
    for name in ('x.hdf5', 'x.npy'):
        with open(os.path.join(folder, name), 'rb') as file:
            foreign.append(file.read())
    for content in foreign:
        assert 'not word vectors in a format of word2vec, GloVe or gensim' in message(
            folder, content
        )
    assert 'more than 131072 bytes' in message(folder, line('the', VECTORS[0]) + b'x' * 3 * 2**20)
    path = os.path.join(folder, 'absent')
    assert input_error(read_word_vectors, path, ['bus']) == path + ': no such file'
    assert (
        input_error(read_word_vectors, folder, ['bus'])
        == folder + ': cannot be read: Is a directory'
    )


@in_folder
def test_none_of_the_words(folder):
    for name, options in (('x.bin', {'binary': True}), ('x.txt', {})):
        path, _ = written(folder, name, **options)
        for words in ([], ['zebra', 'Bus']):
            text = input_error(read_word_vectors, path, words)
            assert f'none of the {len(words)} words' in text
    path = saved(folder, 'x.kv')
    assert 'none of the 1 words' in input_error(read_word_vectors, path, ['zebra'])


@in_folder
def test_pickles_call_nothing(folder):
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        for thing in (Evil(), [Evil()], {'index_to_key': Evil()}):
            text = message(folder, pickle.dumps(thing, protocol))
            assert 'it asks for posix.mkdir' in text, text
    model = keyed()
    model.index_to_key.append(Evil())
    buffer = io.BytesIO()
    pickle.dump(model, buffer, 4)
    assert 'it asks for posix.mkdir' in message(folder, buffer.getvalue())
    # A stand-in takes a state, but no other attributes, and classes can be called, not changed.
    for code in (
        b'\x80\x02cnumpy\nndarray\n}X\x01\x00\x00\x00ab.',
        b'\x80\x02cnumpy\ndtype\nN}X\x05\x00\x00\x00stateX\x01\x00\x00\x00xs\x86b.',
        b'\x80\x05\x96' + b'\xff' * 7 + b'\x00.',
        b'\x80\x02r\xff\xff\xff\xff.',
        b'\x80\x04N.',
        b'\x80\x04cnumpy\nline\nfeed\n.',
    ):
        assert FOREIGN in message(folder, code)
        assert FOREIGN in message(folder, gzip.compress(code))
    assert not os.path.exists('/tmp/ift6266-evil')


@in_folder
def test_damaged_files_of_gensim(folder):
    with open(saved(folder, 'x.kv'), 'rb') as file:
        whole = file.read()
    for length in range(2, len(whole), 97):
        assert FOREIGN in message(folder, whole[:length])

    def altered(**state):
        model = keyed()
        model.__dict__.update(state)
        return message(folder, pickle.dumps(model, 4))

    assert 'no list of words is in it' in altered(index_to_key='the')
    assert 'its vectors are no array of numbers' in altered(vectors=[1, 2])
    for vectors in (VECTORS.astype(object), VECTORS.astype(int)):
        assert 'its vectors are no array of numbers' in altered(vectors=vectors)
    for vectors in (VECTORS[:4], VECTORS[0]):
        assert 'the vectors of its 6 words are float32' in altered(vectors=vectors)


@in_folder
def test_damaged_arrays_beside_files_of_gensim(folder):
    path = saved(folder, 'x.kv', sep_limit=0)
    beside = path + '.vectors.npy'
    with open(beside, 'rb') as file:
        whole = file.read()
    for length in (0, 5, 100, len(whole) - 1):
        write(folder, 'x.kv.vectors.npy', whole[:length])
        text = input_error(read_word_vectors, path, ['bus'])
        assert text.startswith(beside + ': cut off or damaged'), text
    numpy.save(beside, numpy.array([[Evil()]]), allow_pickle=True)
    assert 'cut off or damaged' in input_error(read_word_vectors, path, ['bus'])
    assert not os.path.exists('/tmp/ift6266-evil')
    for vectors in (VECTORS[:4], VECTORS.astype(int), VECTORS[0]):
        numpy.save(beside, vectors)
        assert 'the vectors of its 6 words are' in input_error(read_word_vectors, path, ['bus'])
    os.remove(beside)
    text = input_error(read_word_vectors, path, ['bus'])
    assert text == f'{beside}: no such file, where {path} needs it beside it'


@in_folder
def test_only_the_wanted_words_fill_memory(folder):
    number = 20000  # 24 MB of vectors
    words = [f'w{row}' for row in range(number)]
    vectors = numpy.resize(VECTORS, (number, WIDTH))
    header = f'{number} {WIDTH}\n'.encode()
    records = [record('', vector) for vector in VECTORS]
    lines = [line('', vector) for vector in VECTORS]
    model = keyed()
    model.index_to_key, model.vectors = words, vectors
    model.save(os.path.join(folder, 'x.kv'), sep_limit=0)
    for path in (
        write(folder, 'x.bin', header + of_each(words, records)),
        write(folder, 'x.txt', of_each(words, lines)),
        os.path.join(folder, 'x.kv'),
    ):
        tracemalloc.start()
        known, found = read_word_vectors(path, words[::100])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert known == words[::100]
        numpy.testing.assert_array_equal(found, vectors[::100])
        assert peak < 12e6, (path, peak)


def of_each(words, endings):
    """Content of a file with the words, each before the next of the endings."""
    return b''.join(word.encode() + ending for word, ending in zip(words, cycle(endings)))


COLOURS = ('red', 'green', 'blue', 'yellow', 'black', 'white')
SHAPES = ('circle', 'square', 'star', 'cross')
SIZES = (('large', 'big'), ('small', 'tiny'))
PATTERNS = (
    'a {1} {0} {2} in the picture',
    'the {2} is {1} and {0}',
    'there is a {1} {2} in {0}',
    'we see a {2} of {0} that is {1}',
)


def captions(number):
    """Four captions each of scenes that combine everything with everything."""
    generator = random.Random(0)
    for _ in range(number):
        colour, shape = generator.choice(COLOURS), generator.choice(SHAPES)
        size = generator.choice(SIZES)
        yield [
            pattern.format(colour, generator.choice(size), shape).split() for pattern in PATTERNS
        ]


def cosines(known, vectors):
    """A function to the cosine of two words once their common direction is removed."""
    common = numpy.linalg.svd(vectors, full_matrices=False)[2][0]
    rest = vectors - numpy.outer(vectors @ common, common)
    rest /= numpy.linalg.norm(rest, axis=1, keepdims=True)
    return lambda first, second: rest[known.index(first)] @ rest[known.index(second)]


def test_words_in_the_same_places_get_different_vectors():
    for number in (60, 3000):
        joined = [sum(scene, []) for scene in captions(number)]
        separate = [sentence for scene in captions(number) for sentence in scene]
        for sentences, most in ((joined, 0.4), (separate, 0.8)):
            cosine = cosines(*train_word_vectors(sentences))
            for group in (COLOURS, SHAPES):
                for first in group:
                    for second in set(group) - {first}:
                        assert cosine(first, second) < most, (number, first, second)


def test_words_of_one_meaning_are_alike():
    cosine = cosines(*train_word_vectors([sum(scene, []) for scene in captions(3000)]))
    for one, other in (SIZES, SIZES[::-1]):
        assert cosine(*one) > 0.5 and cosine(one[0], other[0]) < 0


def test_order_and_shape_of_trained_vectors():
    known, vectors = train_word_vectors([['b', 'a', 'c'], [], ['d', 'c', 'é']])
    assert known == ['c', 'a', 'b', 'd', 'é']
    assert vectors.shape == (5, WIDTH) and vectors.dtype == 'float32'
    known, vectors = train_word_vectors([['bus']])
    assert known == ['bus'] and vectors.any() and numpy.isfinite(vectors).all()


def test_rare_words_are_left_out_of_large_sets_only():
    few = [['common', 'once']] + [['common']] * 9
    assert train_word_vectors(few)[0] == ['common', 'once']
    known, _ = train_word_vectors(few + [['a', 'b'] * 50] * 1000)
    assert known == ['a', 'b', 'common']


def test_nothing_of_a_long_sentence_is_lost():
    sentence = [str(number % 7) for number in range(10000)] + ['bus', 'road'] * 500
    _, whole = train_word_vectors([sentence])
    _, parts = train_word_vectors([sentence[:10000], sentence[10000:]])
    numpy.testing.assert_array_equal(whole, parts)


def test_training_without_words():
    for sentences in ([], [[]], [[], []]):
        assert 'no words to train word vectors on' in input_error(train_word_vectors, sentences)


def digest(seed):
    known, vectors = train_word_vectors([sum(scene, []) for scene in captions(100)], seed)
    return hashlib.sha256('\n'.join(known).encode() + vectors.tobytes()).hexdigest()


def test_training_is_deterministic_in_every_process():
    program = 'from tests.captions.test_word_vectors import digest; print(digest(2))'
    other = subprocess.check_output(
        [sys.executable, '-c', program],
        cwd=str(PROJECT),
        universal_newlines=True,
        env={**os.environ, 'PYTHONHASHSEED': '7'},
    )
    assert digest(2) == digest(2) == other.strip() != digest(1)


def test_where_gensim_is_absent():
    for version, remedy in (((3, 13), 'make captions installs it'), ((3, 14), 'an older Python')):
        with (
            mock.patch.dict(sys.modules, {'gensim.models': None}),
            mock.patch.object(sys, 'version_info', version),
        ):
            text = input_error(train_word_vectors, [['a', 'bus']])
        assert remedy in text and '--vectors FILE' in text, text
