"""HDF5 files on which libhdf5 crashes."""

import os
import signal
import subprocess
import sys
import time
import unittest
from unittest import mock

import h5py

from ift6266.data import trial
from ift6266.data.datasets import open_hdf5
from ift6266.errors import InputError
from tests.support import in_folder


def save(folder):
    """Path of a file with text, numbers, a group that holds itself, and a link to nowhere."""
    path = os.path.join(folder, 'x.hdf5')
    with h5py.File(path, 'w') as h5file:
        h5file['text'] = ['a', 'b'] * 2000
        h5file.create_group('group')['numbers'] = range(5)
        h5file['group/again'] = h5file['group']
        h5file['group/nowhere'] = h5py.SoftLink('/absent')
        h5file['group'].attrs['split'] = 'train'
    return path


def damage(path):
    """Make the length of the first text 2 GB."""
    with h5py.File(path, 'r') as h5file:
        first = h5file['text'].id.get_offset()
    with open(path, 'r+b') as file:
        file.seek(first)
        file.write((2**31).to_bytes(4, 'little'))


def opened(path):
    """Whether a file can be opened, or why not."""
    try:
        with open_hdf5(path) as h5file:
            return list(h5file)
    except InputError as error:
        return str(error)


class TestTrial(unittest.TestCase):
    def setUp(self):
        if sys.platform != 'linux':
            raise unittest.SkipTest('there is no trial')

    def check_end(self, end, *words):
        @in_folder
        def check(folder):
            path = save(folder)
            with mock.patch.object(trial, 'read_all', end):
                message = opened(path)
            for word in (path, 'damaged', 'convert it again', *words):
                assert word in message, message
            assert opened(path) == ['group', 'text']

        check()

    def test_a_crash_is_reported(self):
        self.check_end(lambda path: os.kill(os.getpid(), signal.SIGSEGV), 'Segmentation fault')

    def test_what_does_not_end_is_ended(self):
        def read(path):
            while True:
                time.monotonic()

        with mock.patch.object(trial, 'SECONDS', 1):
            self.check_end(read, 'CPU time limit')

    @in_folder
    def test_a_length_beyond_the_memory_is_reported(self, folder):
        path = save(folder)
        damage(path)
        message = opened(path)
        assert 'damaged' in message and 'takes more than 512 MB' in message, message

    @in_folder
    def test_there_is_a_trial_where_limits_are_low(self, folder):
        path = save(folder)
        damage(path)
        program = (
            'import resource, sys\n'
            'resource.setrlimit(resource.RLIMIT_CPU, (20, 20))\n'
            'from ift6266.data import trial\n'
            'trial.require_readable(sys.argv[1])'
        )
        done = subprocess.run([sys.executable, '-c', program, path], capture_output=True, text=True)
        assert 'takes more than 512 MB' in done.stderr, done.stderr

    @in_folder
    def test_errors_are_left_to_those_who_read(self, folder):
        with mock.patch.object(trial, 'read_all', mock.Mock(side_effect=MemoryError)):
            assert opened(save(folder)) == ['group', 'text']

    @in_folder
    def test_a_file_is_tried_once_until_it_changes(self, folder):
        path = save(folder)
        with mock.patch.object(os, 'fork', mock.Mock(side_effect=os.fork)) as fork:
            for _ in range(2):
                trial.require_readable(path)
            assert fork.call_count == 1
            os.utime(path, (1, 1))
            trial.require_readable(path)
        assert fork.call_count == 2


@in_folder
def test_all_is_read_once(folder):
    path, read = save(folder), []
    with mock.patch.object(trial, '_read_array', lambda array: read.append(array.name)):
        trial.read_all(path)
    assert sorted(read) == ['/group/numbers', '/text'], read
    trial.read_all(path)
