"""The command that adds sentence vectors to a data set."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
import unittest
from importlib.util import find_spec
from unittest import mock

import h5py
import numpy

from ift6266.arrays import write_arrays
from ift6266.captions import __main__ as command
from ift6266.captions.storage import read_embedding
from ift6266.data.datasets import open_dataset
from tests.captions.test_storage import captioned, unchanged
from tests.support import in_folder, write

LINES = [
    ['A red bus.', "The man's bus is RED"],
    ['two well-fed dogs', 'zyzzyva zyzzyva'],
    ['a man on a bridge', 'a zyzzyva'],
    ['dogs and a man'],
    ['a red bridge', 'qwertz'],
]
WORDS = 'a red bus the man is two well fed dogs on bridge and cat'.split()


def run(*arguments):
    """Exit status, and the lines on stdout and on stderr, of the command in this process."""
    stdout, stderr = io.StringIO(), io.StringIO()
    before = signal.getsignal(signal.SIGTERM)
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        try:
            result = command.main(list(arguments))
        except SystemExit as stop:
            result = stop.code
        finally:
            signal.signal(signal.SIGTERM, before)
    if isinstance(result, str):  # sys.exit prints it
        stderr.write(result + '\n')
        result = 1
    return result or 0, stdout.getvalue().splitlines(), stderr.getvalue().splitlines()


def vector_file(folder, words=WORDS, seed=1):
    """Path of random word vectors in word2vec's text format."""
    rows = numpy.random.RandomState(seed).normal(size=(len(words), 300))
    lines = [f'{len(words)} 300'] + [
        '{} {}'.format(word, ' '.join(map(str, row))) for word, row in zip(words, rows)
    ]
    return write(folder, 'vectors.txt', '\n'.join(lines).encode() + b'\n')


def test_help_states_the_defaults():
    process = subprocess.run(
        [sys.executable, '-m', 'ift6266.captions', '--help'],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    for word in (
        'NAME|FILE.hdf5',
        '--vectors',
        '--counts',
        '--seed',
        '--no-scale',
        'wordfreq',
        'default: 1',
    ):
        assert word in process.stdout, process.stdout


def test_help_imports_nothing_slow():
    program = 'import sys, ift6266.captions.__main__; print(*sys.modules)'
    modules = subprocess.run(
        [sys.executable, '-c', program], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.split()
    slow = {'numpy', 'h5py', 'fuel', 'theano', 'sklearn', 'gensim', 'wordfreq'}
    assert 'ift6266.captions' in modules and not slow & set(modules)


@in_folder
def test_vectors_and_counts_from_files(folder):
    path, vectors = captioned(folder, LINES), vector_file(folder)
    counts = write(folder, 'counts.txt', b'a 60\nred 10\nbus 20\nother 10\n')
    status, stdout, stderr = run(path, '--vectors', vectors, '--counts', counts)
    assert status == 0, stderr
    assert stdout[:5] == [
        path + ': caption vectors of 5 pictures, 2 each',
        'pictures with fewer captions, completed with the mean of their vectors: 1',
        'words known: 13 different, 25 in all',
        'words unknown, skipped: 2 different, 4 in all (zyzzyva 3, qwertz 1)',
        'captions without a known word, whose vectors are zero: 2',
    ], stdout
    embedding = read_embedding(path)
    assert stdout[5] == f'scale: {embedding.scale:.4g}' and len(stdout) == 6
    assert embedding.settings == {
        'vectors': 'vectors.txt',
        'probabilities': 'counts.txt',
        'a': 1e-3,
        'scaled': True,
    }
    assert sorted(embedding.vocabulary) == sorted(set(WORDS) - {'cat'})
    probabilities = dict(zip(embedding.vocabulary, embedding.probabilities))
    assert probabilities['a'] == 0.6 and probabilities['bus'] == 0.2 and probabilities['fed'] == 0
    train = open_dataset(path, 'train', ('image', 'caption_vector')).caption_vector
    assert train.shape == (4, 2, 300)
    numpy.testing.assert_allclose(train[0], embedding.embed(LINES[0]).vectors, atol=1e-6)
    numpy.testing.assert_array_equal(train[3, 0], train[3, 1])
    assert abs(numpy.concatenate([train[:3].reshape(-1, 300), train[3, :1]]).std() - 1) < 1e-4


@in_folder
def test_pictures_without_captions_are_named(folder):
    path = captioned(folder, [*LINES[:4], []])
    status, stdout, _ = run(path, '--vectors', vector_file(folder))
    assert status == 0 and stdout[-1].endswith('mean of the training captions: 1 (4)'), stdout


@in_folder
def test_without_options(folder):
    """Word vectors trained on the captions, probabilities of general English."""
    if find_spec('gensim') is None:
        raise unittest.SkipTest('gensim is not installed; it has no release for Python 3.14')
    lines = [['a red bus', 'a bus that is red'], ['two dogs', 'dogs'], ['a man', 'one man']] * 8
    path = captioned(folder, lines, train=20)
    status, stdout, stderr = run(path)
    assert status == 0 and stdout[0].startswith(path), stderr
    first = read_embedding(path)
    assert first.settings['seed'] == 1 and first.settings['probabilities'] == 'wordfreq, English'
    assert first.probabilities[first.vocabulary.index('a')] > 0.01
    run(path)
    numpy.testing.assert_array_equal(read_embedding(path).word_vectors, first.word_vectors)
    run(path, '--seed', '2')
    assert read_embedding(path).settings['seed'] == 2
    assert (read_embedding(path).word_vectors != first.word_vectors).any()


@in_folder
def test_word_vectors_are_trained_on_the_pictures_of_train(folder):
    path = captioned(folder, LINES, train=3)
    with mock.patch(
        'ift6266.captions.word_vectors.train_word_vectors',
        return_value=(['a', 'dogs'], numpy.eye(2, 300, dtype='float32')),
    ) as train:
        assert run(path, '--seed', '7')[0] == 0
    train.assert_called_once_with(
        [
            ['a', 'red', 'bus', 'the', 'man', 'bus', 'is', 'red'],
            ['two', 'well', 'fed', 'dogs', 'zyzzyva', 'zyzzyva'],
            ['a', 'man', 'on', 'a', 'bridge', 'a', 'zyzzyva'],
        ],
        7,
    )


@in_folder
def test_without_scale(folder):
    path, vectors = captioned(folder, LINES), vector_file(folder)
    run(path, '--vectors', vectors)
    scaled = read_embedding(path)
    status, stdout, _ = run(path, '--vectors', vectors, '--no-scale')
    plain = read_embedding(path)
    assert status == 0 and stdout[-1] == 'scale: 1' and plain.settings['scaled'] is False
    assert plain.scale == 1 and scaled.scale > 1.1
    numpy.testing.assert_allclose(scaled.mean, scaled.scale * plain.mean, rtol=1e-5, atol=1e-6)


@in_folder
def test_the_embedding_of_a_trained_model(folder):
    path, vectors = captioned(folder, LINES), vector_file(folder, WORDS[:6])
    run(path, '--vectors', vectors)
    embedding, model = read_embedding(path), os.path.join(folder, 'generator.npz')
    before = open_dataset(path, 'train', ('image', 'caption_vector')).caption_vector
    write_arrays(model, embedding.companions())
    run(path, '--vectors', vector_file(folder, seed=2))
    assert not read_embedding(path).same_as(embedding)
    status, stdout, stderr = run(path, '--embedding', model)
    assert status == 0 and 'words known: 6 different, 16 in all' in stdout, stderr
    assert read_embedding(path).same_as(embedding)
    numpy.testing.assert_array_equal(
        open_dataset(path, 'train', ('image', 'caption_vector')).caption_vector, before
    )
    for more in ('--vectors', vectors), ('--no-scale',):
        status, _, stderr = run(path, '--embedding', model, *more)
        assert status == 2 and '--embedding excludes' in stderr[-1], stderr
    few = captioned(folder, [['a red qwertz']] * 5, name='few.hdf5')
    assert 'words known: 2 different, 10 in all' in run(few, '--embedding', model)[1]
    foreign = captioned(folder, [['qwertz']] * 5, name='foreign.hdf5')
    status, _, stderr = run(foreign, '--embedding', model)
    assert status == 1 and 'knows no word of its captions' in stderr[-1], stderr


@in_folder
def test_bad_files_are_reported_in_one_line(folder):
    path, vectors = captioned(folder, LINES), vector_file(folder)
    plain = captioned(folder, LINES, name='plain.hdf5')
    wordless = captioned(folder, [['?!', '...']] * 5, name='wordless.hdf5')
    alike = captioned(folder, [['a bus']] * 5, name='alike.hdf5')
    missing = captioned(folder, [[]] * 5, name='missing.hdf5')
    valid = captioned(folder, LINES, train=0, name='valid.hdf5')
    with h5py.File(plain, 'r+') as h5file:
        del h5file['captions']
    text = write(folder, 'text.hdf5', b'text')
    other_words = vector_file(os.path.join(folder, 'other'), ['neither', 'nor'])
    for arguments, problem in (
        ((os.path.join(folder, 'absent.hdf5'),), 'no such file'),
        (('absent-data-set',), "no data set 'absent-data-set'"),
        ((text,), 'not an HDF5 file'),
        ((plain,), 'has no captions; data/README.md'),
        ((valid,), "no split 'train', only valid"),
        ((missing,), 'none of its 5 pictures has captions'),
        ((wordless,), 'no word in its captions'),
        ((alike, '--vectors', vectors), 'all alike'),
        ((path, '--vectors', os.path.join(folder, 'absent.bin')), 'absent.bin'),
        ((path, '--vectors', text), 'text.hdf5'),
        ((path, '--vectors', other_words), 'vectors.txt'),
        ((path, '--vectors', vectors, '--counts', vectors + 'x'), 'vectors.txtx'),
    ):
        file = arguments[0]
        with unchanged(file) if os.path.isfile(file) else contextlib.nullcontext():
            status, stdout, stderr = run(*arguments)
        assert status == 1 and not stdout, (arguments, stdout)
        assert stderr[-1].startswith('error: ') and problem in stderr[-1], stderr
        assert sum(line.startswith('error') for line in stderr) == 1
        assert len(stderr) == 1 or stderr[-2].startswith(('reading', 'embedding', file)), stderr


@in_folder
def test_a_folder_that_cannot_be_written_to(folder):
    path = captioned(folder, LINES)
    with unchanged(path), mock.patch('os.access', return_value=False):
        assert run(path) == (
            1,
            [],
            [f'error: {os.path.realpath(folder)} is no folder that can be written to'],
        )


def test_wrong_options_are_reported_in_one_line():
    for arguments, problem in (
        ((), 'required'),
        (('x', '--seed', '-1'), "'-1' is not a whole"),
        (('x', '--seed', '1.5'), "'1.5' is not"),
        (('x', '--seed', '4294967296'), 'from 0 to 4294967295'),
        (('x', '--vec', 'y'), 'unrecognized'),
        (('x', 'y'), 'y'),
    ):
        status, stdout, stderr = run(*arguments)
        assert status == 2 and not stdout and len(stderr) == 1 and problem in stderr[0], stderr


def interruption(number):
    """A function that is interrupted by a signal; its handler runs at a later bytecode."""

    def interrupted(*_, **__):
        signal.raise_signal(number)
        time.sleep(10)

    return interrupted


@in_folder
def test_interruption_leaves_the_file_as_it_was(folder):
    path, vectors = captioned(folder, LINES), vector_file(folder)
    for place in ('ift6266.captions.tokens.tokenize', 'ift6266.captions.storage._padded'):
        for number, word in ((signal.SIGINT, 'interrupted'), (signal.SIGTERM, 'stopped')):
            with (
                unchanged(path),
                mock.patch(place, side_effect=interruption(number)),
            ):
                status, stdout, stderr = run(path, '--vectors', vectors)
            assert status == 1 and not stdout
            assert stderr[-1] == f'{word}; {path} is unchanged', stderr


@in_folder
def test_a_data_set_by_name(folder):
    captioned(folder, LINES, name='mine.hdf5')
    vectors = vector_file(folder)
    with mock.patch('ift6266.data.datasets.FOLDER', folder):
        status, stdout, _ = run('mine', '--vectors', vectors)
    assert status == 0 and 'mine.hdf5: caption vectors of 5 pictures' in stdout[0]
