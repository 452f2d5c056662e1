"""Files that appear whole or not at all."""
import os
import stat
import tempfile
import unittest
from pathlib import Path

from ift6266.files import whole_file


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

    def test_a_folder_that_is_not_there(self):
        with self.assertRaises(FileNotFoundError):
            with whole_file(self.folder / 'absent' / 'numbers.txt'):
                self.fail('the body ran')
