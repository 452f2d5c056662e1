"""Values of shared variables in files."""

import gc
import io
import os
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import numpy as np
import theano

from ift6266.arrays import read_arrays, set_values, write_arrays
from ift6266.errors import InputError


class TestFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, 'arrays.npz')

    def test_round_trip(self):
        arrays = {
            'conv1.W': np.random.RandomState(1).normal(size=(2, 3)).astype('float32'),
            'group/count': np.array(3.0),
            'kind': np.array('generator'),
            'empty': np.zeros((0, 4)),
        }
        write_arrays(self.path, arrays)
        found = read_arrays(self.path)
        self.assertEqual(set(found), set(arrays))
        for name, array in arrays.items():
            self.assertEqual(found[name].dtype, array.dtype)
            np.testing.assert_array_equal(found[name], array)

    def test_the_old_file_stays_where_writing_fails(self):
        class Unwritable:
            def __array__(self, dtype=None):
                raise OSError('no space left')

        write_arrays(self.path, {'a': np.ones(3)})
        with self.assertRaises(OSError):
            write_arrays(self.path, {'a': np.zeros(1000), 'b': Unwritable()})
        np.testing.assert_array_equal(read_arrays(self.path)['a'], np.ones(3))
        self.assertEqual(os.listdir(os.path.dirname(self.path)), ['arrays.npz'])

    def test_a_full_disk_leaves_nothing_that_complains_later(self):
        def fail(path, content):
            view = memoryview(content)  # as Path.write_bytes has one
            raise OSError(view.nbytes, 'no space left')

        def write():
            try:
                write_arrays(self.path, {'a': np.ones(3)})
            except OSError as error:
                kept = error  # in a circle with this frame, so that the collector ends both
                self.assertGreater(kept.errno, 0)

        unraisable = []
        with (
            mock.patch.object(Path, 'write_bytes', fail),
            mock.patch.object(sys, 'unraisablehook', unraisable.append),
        ):
            write()
            gc.collect()
        self.assertEqual(unraisable, [])

    def test_a_header_that_is_no_python(self):
        """And one that asks for more memory than there is."""
        np.savez(self.path, a=np.arange(20.0))
        with open(self.path, 'rb') as file:
            content = file.read()
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            array = archive.read('a.npy')
        for old, new in (b"'descr'", b"'de\0cr'"), (b'(20,), }    ', b'(2000000000000,), }'):
            assert old in array
            with zipfile.ZipFile(self.path, 'w') as archive:
                archive.writestr('a.npy', array.replace(old, new))
            with self.assertRaisesRegex(InputError, '^[^\n]*arrays.npz: [^\n]*$'):
                read_arrays(self.path)

    def test_a_member_that_is_no_array(self):
        with zipfile.ZipFile(self.path, 'w') as archive:
            archive.writestr('a', b'text')
        with self.assertRaisesRegex(InputError, 'holds more than arrays'):
            read_arrays(self.path)

    def test_damaged_files_are_read_or_refused(self):
        """Each byte set to nonsense in turn, also in a compressed file."""
        random = np.random.RandomState(1)
        for save in (np.savez, np.savez_compressed):
            save(self.path, a=np.arange(20.0), kind=np.array('generator'))
            with open(self.path, 'rb') as file:
                content = file.read()
            for position in range(len(content)):
                damaged = bytearray(content)
                damaged[position] ^= random.randint(1, 256)
                with open(self.path, 'wb') as file:
                    file.write(damaged)
                try:
                    read_arrays(self.path)
                except InputError as error:
                    self.assertNotIn('\n', str(error))

    def test_objects_are_not_unpickled(self):
        np.savez(self.path, a=np.array([{}], dtype=object))
        with self.assertRaisesRegex(InputError, 'arrays.npz: not a whole .npz'):
            read_arrays(self.path)


class TestSetValues(unittest.TestCase):
    def setUp(self):
        self.variables = {name: theano.shared(np.zeros(2, 'float32')) for name in 'ab'}

    def values(self):
        return [self.variables[name].get_value().tolist() for name in 'ab']

    def test_all_of_them_in_their_own_type(self):
        set_values(self.variables, {'a': np.ones(2), 'b': np.arange(2), 'c': np.ones(5)}, 'FILE')
        self.assertEqual(self.values(), [[1, 1], [0, 1]])
        self.assertEqual(self.variables['b'].get_value().dtype, 'float32')

    def test_none_of_them_where_one_is_missing_or_of_another_shape(self):
        for arrays in (
            {'a': np.ones(2)},
            {'a': np.ones(2), 'b': np.ones(3)},
            {'a': np.ones(2), 'b': np.ones((2, 1))},
        ):
            with self.assertRaisesRegex(InputError, '^FILE: .*"b" is '):
                set_values(self.variables, arrays, 'FILE')
            self.assertEqual(self.values(), [[0, 0], [0, 0]])
