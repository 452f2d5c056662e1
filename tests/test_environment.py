"""The search for a Python, its headers and a compiler, among doctored ones."""
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
TOOLS = 'sh cat cp dirname false ln mkdir mktemp rm uname'.split()

# This Python under another name, which shows the script's questions something else.
PYTHON = '''#!/bin/sh
case $1 in -m) mkdir -p .venv/bin && ln -s "$(command -v false)" .venv/bin/python && exit ;; esac
exec '{real}' -c '
import sys, sysconfig
sys.version_info, sys.executable, sys.base_prefix = {version}, """{path}""", "/nowhere"
{change}
exec(sys.argv[1])' "$2"
'''
NO_HEADERS = 'sysconfig.get_path = lambda name: "/nowhere"'
NO_VENV = 'sys.modules["ensurepip"] = None'
INSTALLS = ('sudo apt install', 'sudo dnf install', 'brew install')


class TestEnvironment(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.bin = self.folder / 'bin'
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.program('g++', '#!/bin/sh\n')
        self.program('clang++', '#!/bin/sh\n')
        self.project = self.folder / 'project'
        (self.project / 'tools').mkdir(parents=True)
        shutil.copy(str(PROJECT / 'tools' / 'environment.sh'), str(self.project / 'tools'))
        shutil.copy(str(PROJECT / 'requirements.txt'), str(self.project))

    def program(self, name, text):
        path = self.bin / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    def python(self, name, minor, change=''):
        return self.program(name, PYTHON.format(real=sys.executable, version=(3, minor, 1),
                                                path=self.bin / name, change=change))

    def run_script(self, *arguments, **variables):
        """Exit status, stdout and stderr of the script where only doctored programs exist."""
        result = subprocess.run(
            ['sh', 'tools/environment.sh', *arguments], cwd=str(self.project),
            env=dict(PATH=str(self.bin), HOME=str(self.folder), **variables),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            universal_newlines=True)
        return result.returncode, result.stdout, result.stderr

    def assert_missing(self, *words, **variables):
        """The script says what is missing and what to install, and touches nothing."""
        old = self.project / '.venv'
        old.mkdir()
        status, printed, message = self.run_script(**variables)
        self.assertEqual((status, printed), (1, ''))
        missing, _, rest = message.partition('\n\n')
        items = missing.split('\n  - ')[1:]
        self.assertEqual(len(items), len(words), message)
        for item, word in zip(items, words):
            self.assertIn(word, item)
        for install in INSTALLS:
            self.assertIn(install, rest)
        self.assertEqual(sorted(os.listdir(str(self.project))),
                         ['.venv', 'requirements.txt', 'tools'])
        self.assertEqual(os.listdir(str(old)), [])
        return message

    def test_no_python(self):
        self.assert_missing('Python 3.8, 3.9, 3.10 or 3.11')

    def test_nothing_at_all(self):
        for compiler in 'g++', 'clang++':
            (self.bin / compiler).unlink()
        self.assert_missing('Python 3.8', 'C++ compiler')

    def test_python_too_new_is_named(self):
        path = self.python('python3', 12)
        self.assertIn(path, self.assert_missing('Python 3.8, 3.9, 3.10 or 3.11'))

    def test_shim_that_cannot_run(self):
        self.program('python3.11', '#!/bin/sh\necho "command not found" >&2\nexit 127\n')
        self.assert_missing('Python 3.8, 3.9, 3.10 or 3.11')

    def test_python_without_headers(self):
        self.python('python3', 10, NO_HEADERS)
        self.assertIn('python3.10-dev', self.assert_missing('Python.h'))

    def test_python_without_venv(self):
        self.python('python3', 9, NO_VENV)
        self.assertIn('python3.9-venv', self.assert_missing('venv'))

    def test_python_without_either(self):
        self.python('python3.11', 11, NO_VENV + '\n' + NO_HEADERS)
        self.assert_missing('Python.h', 'venv')

    def test_no_compiler(self):
        self.python('python3', 11)
        for compiler in 'g++', 'clang++':
            self.program(compiler, '#!/bin/sh\nexit 1\n')
        self.assert_missing('C++ compiler')

    def test_no_compiler_for_xla(self):
        path = self.python('python3', 11, NO_HEADERS)
        for compiler in 'g++', 'clang++':
            (self.bin / compiler).unlink()
        self.assertEqual(self.run_script('--find', COMPILER='none'), (0, path + '\n', ''))

    def test_old_python_where_python3_is_too_new(self):
        self.python('python3', 12)
        path = self.python('python3.9', 9)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))

    def test_newest_complete_python(self):
        self.python('python3.11', 11, NO_HEADERS)
        self.python('python3.10', 10, NO_VENV)
        self.python('python3.8', 8)
        path = self.python('python3.9', 9)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))

    def test_pythons_of_pyenv_and_uv(self):
        self.program('python3.10', '#!/bin/sh\nexit 127\n')
        path = self.python('../.pyenv/versions/3.10.13/bin/python3.10', 10)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))
        path = self.python('../.local/share/uv/python/cpython-3.11/bin/python3.11', 11)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))

    def test_given_python_or_none(self):
        self.python('python3.11', 11)
        path = self.python('python3.8', 8)
        self.assertEqual(self.run_script('--find', PYTHON='python3.8'), (0, path + '\n', ''))
        self.assertEqual(self.run_script('--find', PYTHON=path), (0, path + '\n', ''))
        self.assert_missing('PYTHON=python3.9 was given', PYTHON='python3.9')

    def test_failed_installation_does_not_look_complete(self):
        self.python('python3.11', 11)
        self.assertNotEqual(self.run_script()[0], 0)
        self.assertEqual(os.listdir(str(self.project / '.venv')), ['bin'])


class TestRequirements(unittest.TestCase):
    def test_every_requirement_is_pinned(self):
        for name in 'requirements.txt', 'requirements-xla.txt', 'requirements-gpu.txt':
            for line in (PROJECT / name).read_text().splitlines():
                self.assertRegex(line, r'^#|^--requirement |^[\w-]+==[\w.]+( ; .*)?$')

    def test_setup_pins_the_same(self):
        pins = set(re.findall(r"'([\w-]+==[\w.]+)'", (PROJECT / 'setup.py').read_text()))
        self.assertGreater(len(pins), 5)
        self.assertLessEqual(pins, set((PROJECT / 'requirements.txt').read_text().split()))
