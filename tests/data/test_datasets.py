"""Finding, checking and opening HDF5 files."""

import contextlib
import errno
import io
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from unittest import mock

import fuel
import h5py
import numpy

import ift6266
from ift6266.data import datasets
from ift6266.data.converters import photos
from ift6266.data.converters.base import save_pictures
from ift6266.data.datasets import find_dataset, open_dataset
from ift6266.data.pictures import Picture
from tests.support import in_folder, input_error, noise, write


def make(folder, name='x.hdf5', **counts):
    """Path of a data set with so many pictures in each split; and the pictures."""
    images = noise(sum(counts.values()), 3, 64, 64)
    splits = [split for split, count in counts.items() for _ in range(count)]
    pictures = [(str(number), Picture(image)) for number, image in enumerate(images)]
    with contextlib.redirect_stderr(io.StringIO()):
        (path,) = save_pictures(
            pictures,
            folder,
            name,
            assign=lambda paths: splits,
            captions={'0': ['First caption.', 'Second.']}.get,
        )
    return path, images


@in_folder
def test_rows_of_a_split(folder):
    path, images = make(folder, train=7, valid=5)
    dataset = open_dataset(path, 'valid')
    assert dataset.num_examples == 5 and dataset.names() == list('789') + ['10', '11']
    (rows,) = dataset.get_data(request=[4, 0, 2])
    numpy.testing.assert_array_equal(rows, images[[11, 7, 9]])
    limited = open_dataset(path, 'train', ('captions', 'image'), limit=3)
    assert limited.num_examples == 3 and limited.names() == list('012')
    captions, rows = limited.get_data(request=[0, 2])
    assert list(captions) == [b'First caption.\nSecond.', b'']
    numpy.testing.assert_array_equal(rows, images[[0, 2]])
    assert open_dataset(path, 'train', limit=100).num_examples == 7


@in_folder
def test_part_of_a_split(folder):
    path, images = make(folder, train=7, valid=5)
    for split, rows, limit in (
        ('train[:4]', slice(0, 4), None),
        ('train[-2:]', slice(5, 7), None),
        ('train[:-5]', slice(0, 2), None),
        ('valid[1:3]', slice(8, 10), None),
        ('train[2:]', slice(2, 5), 3),
    ):
        dataset = open_dataset(path, split, limit=limit)
        numpy.testing.assert_array_equal(dataset.image, images[rows], split)
        assert dataset.names() == [str(number) for number in range(14)[rows]]
    assert open_dataset(path, 'train[:2]').caption_lists() == [['First caption.', 'Second.'], []]
    assert 'nothing in train[9:]' in input_error(open_dataset, path, 'train[9:]')
    assert "no split 'train[1]'" in input_error(open_dataset, path, 'train[1]')


@in_folder
def test_chunked_files_and_splits_by_indices(folder):
    """Files that other programs wrote for Fuel."""
    path, images = os.path.join(folder, 'x.hdf5'), noise(6, 3, 64, 64)
    with h5py.File(path, 'w') as h5file:
        h5file.create_dataset('image', data=images, compression='gzip', chunks=(2, 3, 64, 64))
        h5file['rows'] = [1, 3, 5]
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            h5file.attrs['split'] = datasets.H5PYDataset.create_split_array({
                'train': {'image': (0, 0, h5file['rows'].ref)},
                'valid': {'image': (2, 4)},
            })
    (rows,) = open_dataset(path, 'train', limit=2).get_data(request=[1, 0])
    numpy.testing.assert_array_equal(rows, images[[3, 1]])
    (rows,) = open_dataset(path, 'valid').get_data(request=[1, 0])
    numpy.testing.assert_array_equal(rows, images[[3, 2]])


@in_folder
def test_a_file_that_another_process_writes_is_not_called_damaged(folder):
    path, _ = make(folder, train=3)
    program = f'import h5py; f = h5py.File({path!r}, "r+"); print("held", flush=True); input()'
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, '-c', program], stdin=pipe, stdout=pipe) as process:
        process.stdout.readline()
        message = input_error(open_dataset, path, 'train')
        process.communicate(b'\n')
    assert 'x.hdf5 is open for writing in another process' in message, message
    assert open_dataset(path, 'train').num_examples == 3


@in_folder
def test_a_file_system_without_locks_will_do(folder):
    path, _ = make(folder, train=3)
    opened = h5py.File

    def without_locks(*arguments, locking=True):
        if locking:
            raise OSError(errno.ENOLCK, 'unable to lock file')
        return opened(*arguments, locking=False)

    with mock.patch('h5py.File', without_locks):
        dataset = open_dataset(path, 'train')
        assert dataset.names() == ['0', '1', '2'] and len(dataset.caption_lists()) == 3


@in_folder
def test_why_a_file_cannot_be_opened(folder):
    path, _ = make(folder, train=3)
    with open(path, 'rb') as file:
        whole = file.read()
    for content, problem in (
        (b'', 'is not an HDF5 file'),
        (b'holiday notes', 'is not an HDF5 file'),
        (whole[: len(whole) // 2], 'is cut off'),
        (whole[:8] + b'\xff' * 40 + whole[48:], 'superblock'),
    ):
        bad = write(folder, 'bad.hdf5', content)
        message = input_error(open_dataset, bad, 'train')
        assert 'bad.hdf5' in message and (problem in message or 'newer' in message), message
    for error, problem in (
        (PermissionError(errno.EACCES, 'no'), 'cannot be read: Permission denied'),
        (OSError(errno.EIO, 'file read failed'), 'cannot be read: Input/output error'),
        (OSError("Can't allocate memory"), 'memory is too little'),
    ):
        with mock.patch('h5py.File', side_effect=error):
            message = input_error(open_dataset, path, 'train')
        assert problem in message and 'convert' not in message, message


@in_folder
def test_files_that_are_no_data_set(folder):
    good, images = make(folder, train=3)

    def variant(change):
        path = os.path.join(folder, 'bad.hdf5')
        with open(good, 'rb') as file:
            write(folder, 'bad.hdf5', file.read())
        with h5py.File(path, 'r+') as h5file:
            change(h5file)
        return path

    def replace_image(images):
        def change(h5file):
            del h5file['image']
            h5file['image'] = images

        return change

    def replace_split(value):
        return lambda h5file: h5file.attrs.__setitem__('split', value)

    for change, problem in (
        (lambda h5file: h5file.__delitem__('image'), 'no source "image"'),
        (lambda h5file: h5file.attrs.__delitem__('split'), 'no source "image" with splits'),
        (replace_image(images[:, :1]), 'must be uint8 (N, 3, 64, 64)'),
        (replace_image(images[:, :, :32]), 'must be uint8 (N, 3, 64, 64)'),
        (replace_image(images / 255.0), 'must be uint8 (N, 3, 64, 64), not float64'),
        (replace_image(images[:0]), 'not as Fuel writes them'),
        (replace_image(images[:2]), 'not as Fuel writes them'),
        (replace_split(3), 'not as Fuel writes them'),
        (replace_split('train'), 'not as Fuel writes them'),
    ):
        message = input_error(open_dataset, variant(change), 'train')
        assert problem in message and 'bad.hdf5' in message, message
    assert "no split 'valid', only train" in input_error(open_dataset, good, 'valid')
    assert "no source 'sound'" in input_error(open_dataset, good, 'train', ('image', 'sound'))
    assert 'limit' in input_error(open_dataset, good, 'train', limit=0)

    with open(good, 'rb') as file:
        cut = write(folder, 'cut.hdf5', file.read()[:-2000])
    assert 'is cut off' in input_error(open_dataset, cut, 'train')
    for content in (b'', b'text'):
        path = write(folder, 'text.hdf5', content)
        assert 'not an HDF5 file' in input_error(open_dataset, path, 'train')


@in_folder
def test_names_are_searched_on_fuels_data_path(folder):
    path, _ = make(folder, 'mine.hdf5', train=1)
    before = dict(fuel.config.config['data_path'])
    try:
        fuel.config.data_path = os.pathsep + os.path.join(folder, 'absent') + os.pathsep + folder
        assert '' not in datasets.folders()
        assert find_dataset('mine') == path and find_dataset(path) == path
        message = input_error(find_dataset, 'other')
        assert 'other.hdf5' in message and folder in message and datasets.FOLDER in message
    finally:
        fuel.config.config['data_path'] = before
    assert 'no such file' in input_error(find_dataset, os.path.join(folder, 'other.hdf5'))


@in_folder
def test_photos_are_converted_when_first_asked_for(folder):
    with (
        mock.patch.object(datasets, 'FOLDER', folder),
        mock.patch.dict(photos.CROPS, train=10, valid=10),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        path = find_dataset('photos')
        assert path == os.path.join(folder, 'photos.hdf5')
        changed = os.stat(path).st_mtime_ns
        assert find_dataset('photos') == path and os.stat(path).st_mtime_ns == changed
    assert open_dataset(path, 'valid').num_examples == 30


@in_folder
def test_data_sets_that_the_project_cannot_take_go_to_fuels_data_path_or_the_user(folder):
    named, user = os.path.join(folder, 'named'), os.path.join(folder, 'user')
    before = dict(fuel.config.config['data_path'])
    with mock.patch.dict(os.environ, XDG_DATA_HOME=user):
        assert datasets.folder_to_write() == datasets.FOLDER
        for project in None, os.path.join(folder, 'that cannot be written to'):
            with mock.patch.object(datasets, 'FOLDER', project):
                try:
                    fuel.config.data_path = named
                    assert datasets.folder_to_write() == os.path.join(user, 'ift6266')
                    os.makedirs(named, exist_ok=True)
                    assert datasets.folder_to_write() == named
                    os.rmdir(named)
                finally:
                    fuel.config.config['data_path'] = before
        path, _ = make(os.path.join(user, 'ift6266'), 'mine.hdf5', train=1)
        assert find_dataset('mine') == path


@in_folder
def test_a_users_folder_that_cannot_be_made_is_named(folder):
    write(folder, 'ift6266', b'')
    with (
        mock.patch.dict(os.environ, XDG_DATA_HOME=folder),
        mock.patch.object(datasets, 'FOLDER', None),
    ):
        message = input_error(datasets.folder_to_write)
    assert os.path.join(folder, 'ift6266') in message and 'FUEL_DATA_PATH' in message


def test_a_package_without_its_project_has_no_folder_for_data():
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.dirname(ift6266.__file__), os.path.join(folder, 'ift6266'))
        os.mkdir(os.path.join(folder, 'data'))  # another project's, beside the package
        printed = subprocess.check_output(
            [sys.executable, '-c', 'from ift6266.data import datasets; print(datasets.FOLDER)'],
            cwd=folder,
            text=True,
        )
    assert printed == 'None\n'
