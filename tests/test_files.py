"""Files that are read with errors in one line, and appear whole or not at all."""

import os
import stat
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ift6266.files import make_output, read_bytes, whole_file, whole_folder
from tests.support import input_error


class TestReading(unittest.TestCase):
    def test_the_content_or_an_error_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, 'numbers.txt')
            self.assertEqual(input_error(read_bytes, path), f'{path}: no such file')
            path.write_bytes(b'1 2')
            self.assertEqual(read_bytes(path), b'1 2')
            self.assertEqual(
                input_error(read_bytes, folder), f'{folder}: cannot be read: Is a directory'
            )


class TestWholeFile(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / 'numbers.txt'

    def listing(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_appears_at_the_end(self):
        with whole_file(self.path) as temporary:
            temporary.write_text('new')
            self.assertFalse(self.path.exists())
            self.assertEqual(temporary.parent, self.folder)
            self.assertEqual(temporary.suffix, '.txt')
        self.assertEqual(self.path.read_text(), 'new')
        self.assertEqual(self.listing(), ['numbers.txt'])

    def test_replaces(self):
        self.path.write_text('old')
        with whole_file(str(self.path)) as temporary:
            temporary.write_text('new')
            self.assertEqual(self.path.read_text(), 'old')
        self.assertEqual(self.path.read_text(), 'new')

    def test_what_was_there_stays_where_the_body_raises(self):
        self.path.write_text('old')
        for error in (ValueError, KeyboardInterrupt, SystemExit):
            with self.assertRaises(error):
                with whole_file(self.path) as temporary:
                    temporary.write_text('half')
                    raise error
            self.assertEqual(self.path.read_text(), 'old')
            self.assertEqual(self.listing(), ['numbers.txt'])

    def test_nothing_appears_where_the_body_raises(self):
        with self.assertRaises(ValueError):
            with whole_file(self.path):
                raise ValueError
        self.assertEqual(self.listing(), [])

    def test_no_temporary_is_left_where_the_name_cannot_be_taken(self):
        self.path.mkdir()
        with self.assertRaises(OSError):
            with whole_file(self.path) as temporary:
                temporary.write_text('new')
        self.assertEqual(self.listing(), ['numbers.txt'])

    def test_permissions_are_those_of_any_new_file(self):
        for mask in (0o022, 0o077):
            before = os.umask(mask)
            try:
                with whole_file(self.path):
                    pass
                self.assertEqual(stat.S_IMODE(self.path.stat().st_mode), 0o666 & ~mask)
                self.assertEqual(os.umask(mask), mask)
            finally:
                os.umask(before)

    def test_errors_name_the_file_that_was_to_be_written(self):
        hidden = str(self.folder / '.numbers-x.txt')
        for error in OSError(28, 'full'), OSError(30, 'read-only', hidden):
            with self.assertRaises(OSError) as raised:
                with mock.patch('tempfile.mkstemp', side_effect=error), whole_file(self.path):
                    self.fail('the body ran')
            self.assertEqual(raised.exception.filename, str(self.path))
        for name in (lambda path: None), str:
            with self.assertRaises(OSError) as raised:
                with whole_file(self.path) as temporary:
                    raise OSError(28, 'full', name(temporary))
            self.assertEqual(raised.exception.filename, str(self.path))
        with self.assertRaises(OSError) as raised:
            with whole_file(self.path):
                raise OSError(2, 'absent', 'another')
        self.assertEqual(raised.exception.filename, 'another')

    def test_errors_without_a_number_keep_their_words(self):
        with self.assertRaises(OSError) as raised:
            with whole_file(self.path):
                raise OSError('bad object header')
        self.assertEqual(str(raised.exception), 'bad object header')

    def test_a_folder_that_is_not_there(self):
        with self.assertRaises(FileNotFoundError):
            with whole_file(self.folder / 'absent' / 'numbers.txt'):
                self.fail('the body ran')


class TestMakeOutput(unittest.TestCase):
    def test_with_the_folders_above_it_or_an_error_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            output, file = Path(folder, 'runs', 'l2'), Path(folder, 'file')
            for _ in range(2):
                make_output(output)
            self.assertTrue(output.is_dir())
            file.touch()
            for path, reason in ((file, 'it is a file'), (file / 'l2', 'Not a directory')):
                message = input_error(make_output, path)
                self.assertIn(f'{path}: cannot be made a folder: {reason}', message)
                self.assertIn('--output', message)


class TestWholeFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name, 'model')

    def contents(self):
        """Names and texts of all files beside and in the folder."""
        return {
            str(path.relative_to(self.path.parent)): path.read_text()
            for path in self.path.parent.rglob('*')
            if path.is_file()
        }

    def test_appears_at_the_end(self):
        with whole_folder(self.path) as new:
            (new / 'a').write_text('1')
            self.assertFalse(self.path.exists())
        self.assertEqual(self.contents(), {'model/a': '1'})
        self.assertEqual(os.listdir(str(self.path.parent)), ['model'])

    def test_replaces_all_that_was_there(self):
        for name in 'ab':
            with whole_folder(self.path) as new:
                (new / name).write_text(name)
        self.assertEqual(self.contents(), {'model/b': 'b'})

    def test_what_was_there_stays_where_the_body_raises(self):
        with whole_folder(self.path) as new:
            (new / 'a').write_text('1')
        for error in (ValueError, KeyboardInterrupt):
            with self.assertRaises(error):
                with whole_folder(self.path) as new:
                    (new / 'b').write_text('2')
                    raise error
        self.assertEqual(self.contents(), {'model/a': '1'})
        self.assertEqual(os.listdir(str(self.path.parent)), ['model'])
