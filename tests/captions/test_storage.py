"""Sentence vectors in HDF5 files, read back by Fuel and by this project."""

import contextlib
import io
import os
import resource
import shutil
import warnings
from unittest import mock

import h5py
import numpy
from fuel.datasets import H5PYDataset

from ift6266.captions import storage
from ift6266.captions.embedding import count_words, fit_embedding
from ift6266.captions.storage import (
    add_caption_vectors,
    read_captions,
    read_embedding,
    read_embedding_of_model,
)
from ift6266.captions.tokens import tokenize
from ift6266.data.converters.base import save_pictures
from ift6266.data.datasets import open_dataset
from ift6266.data.pictures import Picture
from ift6266.networks.architecture import Architecture
from ift6266.networks.weights import save_network
from tests.support import in_folder, input_error, noise, save_model, write

LINES = [
    ['a red bus', 'the bus is red'],
    ['two dogs'],
    ['a man on a bridge', '', 'one bridge'],
    ['dogs and a man', 'xyzzy'],
    ['a red bridge'],
    ['the red dogs', 'a bridge', 'two two men'],
]


def captioned(folder, lines=LINES, train=4, name='x.hdf5'):
    """Path of a data set of pictures with so many captions."""
    pictures = [
        (str(number), Picture(image)) for number, image in enumerate(noise(len(lines), 3, 64, 64))
    ]
    with contextlib.redirect_stderr(io.StringIO()):
        (path,) = save_pictures(
            pictures,
            folder,
            name,
            assign=lambda paths: ['train'] * train + ['valid'] * len(paths[train:]),
            captions=lambda path: lines[int(path)],
        )
    return path


def add(path, left_out=('xyzzy',), seed=1):
    """Add caption vectors, from word vectors that are random numbers; returns the embedding."""
    captions = read_captions(path)
    counts = count_words([tokenize(line) for line in captions.lines])
    vocabulary = [word for word in counts.words if word not in left_out]
    randoms = [numpy.random.RandomState([seed] + list(word.encode())) for word in vocabulary]
    word_vectors = numpy.array([random.normal(size=300) for random in randoms], 'float32')
    probabilities = numpy.array([random.uniform(0, 0.05) for random in randoms])
    known = counts.of(vocabulary)
    train = numpy.repeat(captions.train, captions.numbers)
    embedding = fit_embedding(
        known[train],
        vocabulary=vocabulary,
        word_vectors=word_vectors,
        probabilities=probabilities,
        settings={'seed': seed},
    )
    add_caption_vectors(path, captions, counts=known, embedding=embedding)
    return embedding


@contextlib.contextmanager
def unchanged(path):
    """Asserts that the file is the same at the end, byte for byte, and has no new neighbour."""

    def state():
        with open(path, 'rb') as file:
            return file.read(), sorted(os.listdir(os.path.dirname(path)))

    before = state()
    yield
    assert state() == before


@in_folder
def test_captions_of_pictures(folder):
    captions = read_captions(captioned(folder))
    assert captions.lines == sum(LINES, [])
    assert captions.numbers.tolist() == [2, 1, 3, 2, 1, 3]
    assert captions.train.tolist() == [True] * 4 + [False] * 2


@in_folder
def test_rows_are_the_lines_vectors_and_then_their_mean(folder):
    path = captioned(folder)
    embedding = add(path)
    with h5py.File(path, 'r') as h5file:
        source = h5file['caption_vector']
        assert source.shape == (6, 3, 300) and source.dtype == 'float32'
        assert source.id.get_offset() is not None  # can be mapped into memory
        assert [dim.label for dim in source.dims] == ['batch', 'caption', 'feature']
        rows = source[:]
    for lines, found in zip(LINES, rows):
        expected = embedding.embed(lines).vectors
        numpy.testing.assert_allclose(found[: len(lines)], expected, atol=1e-6)
        for row in found[len(lines) :]:
            numpy.testing.assert_allclose(row, expected.mean(axis=0), atol=1e-6)
        numpy.testing.assert_allclose(found.mean(axis=0), expected.mean(axis=0), atol=1e-6)
    assert not rows[2, 1].any() and not rows[3, 1].any()  # no known word
    numpy.testing.assert_allclose(embedding.average(LINES), rows.mean(axis=1), atol=1e-6)


@in_folder
def test_pictures_without_captions_get_the_mean_of_the_training_captions(folder):
    lines = [[], *LINES[:2], [], *LINES[2:], []]
    path = captioned(folder, lines, train=5)
    captions = read_captions(path)
    assert captions.without == ['0', '3', '8'] and list(captions.numbers[:4]) == [0, 2, 1, 0]
    for block in (3, 2**14):
        with mock.patch.object(storage, '_BLOCK', block):
            embedding = add(path)
        with h5py.File(path, 'r') as h5file:
            vectors = h5file['caption_vector'][:]
        for row in (0, 3, 8):
            numpy.testing.assert_array_equal(vectors[row], [embedding.mean] * 3)
        numpy.testing.assert_array_equal(vectors.mean(axis=1)[4], embedding.average(lines)[4])


@in_folder
def test_blocks_do_not_matter(folder):
    path = captioned(folder)
    add(path)
    with h5py.File(path, 'r') as h5file:
        expected = h5file['caption_vector'][:]
    for block in (1, 6, 13):
        with mock.patch.object(storage, '_BLOCK', block):
            add(path)
        with h5py.File(path, 'r') as h5file:
            numpy.testing.assert_array_equal(h5file['caption_vector'][:], expected)


@in_folder
def test_fuel_and_the_data_sets_read_it(folder):
    path = captioned(folder)
    add(path)
    with h5py.File(path, 'r') as h5file:
        rows = h5file['caption_vector'][:]
        assert set(H5PYDataset.get_all_splits(h5file)) == {'train', 'valid'}
    for split, part in (('train', rows[:4]), ('valid', rows[4:])):
        fuels = H5PYDataset(path, (split,), load_in_memory=True)
        assert fuels.provides_sources == ('caption_vector', 'captions', 'image', 'name')
        assert fuels.axis_labels['caption_vector'] == ('batch', 'caption', 'feature')
        assert fuels.axis_labels['image'] == ('batch', 'channel', 'height', 'width')
        numpy.testing.assert_array_equal(fuels.data_sources[0], part)
        ours = open_dataset(path, split, ('image', 'caption_vector'))
        image, vectors = ours.get_data(request=[1, 0])
        numpy.testing.assert_array_equal(vectors, part[[1, 0]])
        numpy.testing.assert_array_equal(image, fuels.data_sources[2][[1, 0]])


@in_folder
def test_all_else_stays(folder):
    path = captioned(folder)
    with h5py.File(path, 'r+') as h5file:
        h5file.attrs['h5py_interface_version'] = '0.3'
        h5file.create_dataset('packed', data=noise(6, 100), compression='gzip', chunks=(2, 50))
        h5file['packed'].attrs['note'] = 'é'
        h5file['folder/deep'] = h5py.SoftLink('/packed')
        h5file['size'] = numpy.ones((6, 2))
        h5file['size'].make_scale('shapes')
        h5file['packed'].dims[0].attach_scale(h5file['size'])
    with h5py.File(path, 'r') as h5file:
        before = {name: item[:] for name, item in h5file.items() if name != 'folder'}
    for _ in range(2):
        add(path)
        with h5py.File(path, 'r') as h5file:
            assert set(h5file) - set(before) == {'folder', 'caption_vector', 'caption_embedding'}
            for name, expected in before.items():
                numpy.testing.assert_array_equal(h5file[name][:], expected)
            assert h5file.attrs['h5py_interface_version'] == '0.3'
            assert h5file['packed'].attrs['note'] == 'é'
            assert h5file['packed'].chunks == (2, 50) and h5file['folder/deep'][0, 0] is not None
            assert h5file['packed'].dims[0]['shapes'] == h5file['size']


@in_folder
def test_splits_by_indices_and_chunked_captions(folder):
    """Files that other programs wrote for Fuel."""
    path = os.path.join(folder, 'x.hdf5')
    with h5py.File(path, 'w') as h5file:
        h5file['image'] = noise(6, 3, 64, 64)
        h5file.create_dataset(
            'captions',
            (6,),
            'S30',
            chunks=(2,),
            data=['\n'.join(lines).encode() for lines in LINES],
        )
        h5file['rows'] = [1, 3, 5]
        rows = (0, 0, h5file['rows'].ref)
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            h5file.attrs['split'] = H5PYDataset.create_split_array({
                'train': {'image': rows, 'captions': rows},
                'valid': {'image': (0, 2), 'captions': (0, 2)},
                'more': {'image': (2, 4)},
            })
    assert read_captions(path).train.tolist() == [False, True] * 3
    for _ in range(2):
        add(path, ('xyzzy', 'bus'))
        with h5py.File(path, 'r') as h5file:
            vectors = h5file['caption_vector'][:]
            assert len(h5file.attrs['split']) == 9
            assert H5PYDataset.get_provided_sources(h5file, 'more') == ('image',)
        for split, chosen in (('train', [1, 3, 5]), ('valid', [0, 1])):
            found = open_dataset(path, split, ('image', 'caption_vector')).caption_vector
            numpy.testing.assert_array_equal(found, vectors[chosen])


@in_folder
def test_later_runs_replace_without_dead_space(folder):
    path = captioned(folder, [lines * 20 for lines in LINES])
    vocabulary = add(path).vocabulary
    size = os.path.getsize(path)
    for left_out in (vocabulary[:1], vocabulary[1:7], ['xyzzy'], (), ['xyzzy']):
        add(path, left_out, seed=2)
    assert read_embedding(path).settings['seed'] == 2
    with h5py.File(path, 'r') as h5file:
        assert len(h5file.attrs['split']) == 8 and h5file['caption_vector'].shape == (6, 60, 300)
        kept = h5file['caption_vector'].nbytes + h5file['caption_embedding/word_vectors'].nbytes
    grown = os.path.getsize(path) - size
    assert grown < 5 * 7000 < kept / 10, (grown, kept)  # a few KB of HDF5's own each time


@in_folder
def test_other_numbers_of_captions_replace_the_older_ones(folder):
    path = captioned(folder)
    add(path)
    with h5py.File(path, 'r+') as h5file:
        h5file['captions'][2] = 'a bridge'
        h5file['captions'][5] = 'a dog'
    add(path)
    assert open_dataset(path, 'valid', ('caption_vector',)).caption_vector.shape == (2, 2, 300)


@in_folder
def test_only_training_captions_are_fitted_on(folder):
    first = add(captioned(folder))
    others = LINES[:4] + [['a blue bird'], ['the man']]
    second = add(captioned(folder, others, name='y.hdf5'))
    assert 'bird' in second.vocabulary and 'men' in first.vocabulary
    assert 'men' not in second.vocabulary
    third = add(captioned(folder, [['a blue bird']] + LINES[1:], name='z.hdf5'))
    for name in ('projection', 'mean', 'scale'):
        fitted = [getattr(embedding, name) for embedding in (first, second, third)]
        numpy.testing.assert_allclose(fitted[1], fitted[0], rtol=1e-4, atol=1e-6)
        assert numpy.abs(fitted[2] - fitted[0]).max() > 1e-3, name


@in_folder
def test_a_link_stays_a_link(folder):
    path = captioned(folder)
    os.mkdir(os.path.join(folder, 'links'))
    link = os.path.join(folder, 'links', 'y.hdf5')
    os.symlink(path, link)
    add(link)
    assert os.path.islink(link) and os.listdir(os.path.dirname(link)) == ['y.hdf5']
    assert read_embedding(path).settings['seed'] == 1


@in_folder
def test_embedding_read_back(folder):
    path = captioned(folder, [['ein größer Bus', 'der Bus'], ['двое собак', 'der Bus']], train=2)
    embedding, found = add(path), read_embedding(path)
    for name, array in embedding.arrays().items():
        numpy.testing.assert_array_equal(found.arrays()[name], array)
    assert 'größer' in found.vocabulary and 'собак' in found.vocabulary


@in_folder
def test_embedding_beside_a_network(folder):
    embedding = add(captioned(folder))
    path = os.path.join(folder, 'generator.npz')
    architecture = Architecture('caption_generator')
    save_network(path, architecture.build(), architecture, companions=embedding.companions())
    found = read_embedding_of_model(path)
    for name, array in embedding.arrays().items():
        numpy.testing.assert_array_equal(found.arrays()[name], array)
    assert 'no caption embedding' in input_error(read_embedding_of_model, save_model(folder))
    text = write(folder, 'text.npz', b'text')
    assert 'text.npz' in input_error(read_embedding_of_model, text)


@in_folder
def test_files_without_an_embedding(folder):
    path = captioned(folder)
    message = input_error(read_embedding, path)
    assert f'python -m ift6266.captions {path} adds them' in message
    add(path)
    with h5py.File(path, 'r+') as h5file:
        del h5file['caption_embedding/mean']
        h5file['caption_embedding'].create_group('mean')
    assert '"mean" is missing' in input_error(read_embedding, path)
    assert 'not an HDF5 file' in input_error(read_embedding, write(folder, 'x.txt', b'x'))


@in_folder
def test_files_without_usable_captions(folder):
    good = captioned(folder, [lines * 3 for lines in LINES])
    bad = os.path.join(folder, 'bad.hdf5')

    def problem(change):
        shutil.copyfile(good, bad)
        with h5py.File(bad, 'r+') as h5file:
            change(h5file)
        with unchanged(bad):
            message = input_error(read_captions, bad)
        assert 'bad.hdf5' in message
        return message

    def captions(value):
        def change(h5file):
            del h5file['captions']
            if value is not None:
                h5file['captions'] = value

        return change

    def without(rows):
        return lambda h5file: [h5file['captions'].__setitem__(row, '') for row in rows]

    for value in (None, numpy.zeros(6), [[b'a']] * 6):
        assert 'has no captions; data/README.md' in problem(captions(value))
    assert 'none of its 6 pictures has captions' in problem(without(range(6)))
    assert 'damaged' in problem(captions([b'\xff'] * 6))
    assert 'not as Fuel writes them' in problem(captions([b'a'] * 3))
    message = problem(
        lambda h5file: h5file.attrs.__setitem__(
            'split', h5file.attrs['split'][h5file.attrs['split']['split'] == b'valid']
        )
    )
    assert "no split 'train', only valid" in message, message


@in_folder
def test_a_full_disk_leaves_what_was_there(folder):
    """A limit on the size of files stands for the disk; HDF5 must not crash."""
    path = captioned(folder, [lines * 20 for lines in LINES])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    for limit in (100000, os.path.getsize(path) + 300000, os.path.getsize(path) + 500000):
        with unchanged(path):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
            try:
                message = input_error(add, path)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert message.startswith(f'cannot write {path}, which is as it was'), message
    add(path)


@in_folder
def test_errors_on_the_way_leave_what_was_there(folder):
    path = captioned(folder)
    for error in (KeyboardInterrupt, SystemExit, MemoryError):
        with unchanged(path), mock.patch.object(storage, '_write_vectors', side_effect=error):
            try:
                add(path)
            except error:
                continue
        raise AssertionError(f'no {error}')
    for error in (OSError(28, 'No space left on device'), RuntimeError('HDF5\nfailed')):
        with unchanged(path), mock.patch.object(storage, '_write_vectors', side_effect=error):
            message = input_error(add, path)
        assert message.startswith('cannot write') and message.split(': ')[-1] in (
            'No space left on device',
            'HDF5 failed',
        ), message
