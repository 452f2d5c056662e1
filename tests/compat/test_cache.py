"""The folder of Theano's programs: the usual one, or another where that cannot be used."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from ift6266.compat import cache
from tests.support import input_error

SHOW = 'import ift6266, theano; print(theano.config.base_compiledir)'


class TestCache(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / 'file'  # even root can make no folder in it
        self.file.touch()
        self.usable = self.folder / 'usable'

    def choose(self, base, *, named=False, compiledir=None):
        """The base folder after the choice, by settings as Theano's are."""
        base_setting = SimpleNamespace(val=str(base), is_default=not named)
        folder_setting = SimpleNamespace(**({'val': str(compiledir)} if compiledir else {}))
        config = type('Config', (), {'base_compiledir': base_setting, 'compiledir': folder_setting})
        cache.choose_folder(
            SimpleNamespace(
                config=config(), default_compiledirname=lambda: 'programs', theano=SimpleNamespace()
            )
        )
        return Path(base_setting.val)

    def test_the_usual_folder(self):
        self.assertEqual(self.choose(self.usable), self.usable)
        self.assertEqual(os.listdir(self.usable), ['programs'])

    def test_another_where_that_cannot_be_used(self):
        with mock.patch.dict(os.environ, XDG_CACHE_HOME=str(self.usable)):
            with self.assertLogs('ift6266.compat.cache', 'WARNING') as logs:
                self.assertEqual(self.choose(self.file / '.theano'), self.usable / 'theano')
        (line,) = logs.output
        self.assertIn(f'{self.file}/.theano: Not a directory, so', line)
        self.assertIn(str(self.usable / 'theano'), line)

    def test_a_folder_that_the_user_named_is_used_or_refused(self):
        inside = self.file / 'inside'
        for options in (
            {'base': inside, 'named': True},
            {'base': self.usable, 'compiledir': inside},
        ):
            message = input_error(self.choose, **options)
            self.assertIn(f'{inside}', message)
            self.assertIn('THEANO_FLAGS=base_compiledir=', message)

    def test_none_can_be_used(self):
        with mock.patch.object(cache, 'other_folders', return_value=[self.file / 'inside']):
            message = input_error(self.choose, self.file / '.theano')
        self.assertIn('Not a directory', message)

    def test_nothing_may_be_executed(self):
        with mock.patch('os.statvfs', return_value=SimpleNamespace(f_flag=cache.NOEXEC)):
            self.assertIn('noexec', cache.why_unusable(self.usable))

    def test_a_full_disk(self):
        def check_space(folder, size):
            asked.append(size)
            raise OSError(28, 'No space left on device')

        asked = []
        for _ in range(2):
            with mock.patch.object(cache, 'check_space', check_space):
                self.assertEqual(cache.why_unusable(self.usable), 'No space left on device')
            (self.usable / 'cutils_ext').mkdir(exist_ok=True)
        self.assertGreater(asked[0], asked[1])

    def test_programs_that_cannot_be_read(self):
        """Left by another user, as by sudo."""
        (self.usable / 'tmp1').mkdir(parents=True)
        self.assertIsNone(cache.why_unusable(self.usable))
        with mock.patch('os.access', lambda path, mode: Path(path).name != 'tmp1'):
            self.assertIn('not all in it can be read', cache.why_unusable(self.usable))

    def test_folders_that_others_may_write_to_are_not_taken(self):
        for mode, own in ((0o700, True), (0o755, True), (0o775, False), (0o777, False)):
            self.usable.mkdir(exist_ok=True)
            self.usable.chmod(mode)
            self.assertEqual(cache.is_own(self.usable), own)
        link = self.folder / 'link'
        link.symlink_to(self.folder)
        self.assertFalse(cache.is_own(link))
        self.assertFalse(cache.is_own(self.file))
        with mock.patch('os.getuid', return_value=os.getuid() + 1):
            self.assertFalse(cache.is_own(self.folder))
        self.assertTrue(cache.is_own(self.folder / 'new' / 'theano'))
        self.assertEqual((self.folder / 'new' / 'theano').stat().st_mode & 0o777, 0o700)

    def test_theano_starts_where_home_cannot_be_used(self):
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ('THEANO_FLAGS', 'HOME')
        }
        environment.update(XDG_CACHE_HOME=str(self.usable), PATH=str(self.folder))  # no compiler
        result = subprocess.run(
            [sys.executable, '-c', SHOW],
            env={**environment, 'HOME': str(self.file)},
            capture_output=True,
            text=True,
        )
        self.assertEqual(result.stdout, f'{self.usable}/theano\n', result.stderr)
        self.assertEqual(result.stderr.count('\n'), 1, result.stderr)
