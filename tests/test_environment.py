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
TOOLS = 'sh cat chmod dirname mkdir mktemp rm touch uname'.split()

# This Python under another name, which answers the script's questions otherwise.
PYTHON = '''#!/bin/sh
case $1 in -m)
    mkdir -p .venv/bin .venv/lib/python{version[0]}.{version[1]}/site-packages
    echo 'echo "$@" >>installed; exit {status}' >.venv/bin/python
    chmod +x .venv/bin/python
    exit ;;
esac
exec '{real}' -c '
import sys, sysconfig
sys.version_info, sys.executable, sys.base_prefix = {version}, """{path}""", "/nowhere"
{change}
exec(sys.argv[1])' "$2"
'''
NO_HEADERS = 'sysconfig.get_path = lambda name: "/nowhere"'
NO_VENV = 'sys.modules["ensurepip"] = None'
FREE_THREADED = 'sysconfig.get_config_var = {"Py_GIL_DISABLED": 1}.get'
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

    def python(self, name, minor, change='', status=1):
        """A doctored Python; that of its environment ends with ``status``, whatever it installs."""
        return self.program(
            name,
            PYTHON.format(
                real=sys.executable,
                version=(3, minor, 1),
                path=self.bin / name,
                change=change,
                status=status,
            ),
        )

    def run_script(self, *arguments, **variables):
        """Exit status, stdout and stderr of the script where only doctored programs exist."""
        result = subprocess.run(
            ['sh', 'tools/environment.sh', *arguments],
            cwd=str(self.project),
            env=dict(PATH=str(self.bin), HOME=str(self.folder), **variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
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
        self.assertEqual(
            sorted(os.listdir(str(self.project))), ['.venv', 'requirements.txt', 'tools']
        )
        self.assertEqual(os.listdir(str(old)), [])
        return message

    def test_no_python(self):
        self.assert_missing('Python 3.11, 3.12, 3.13 or 3.14')

    def test_python_too_old_is_named(self):
        path = self.python('python3', 10)
        self.assertIn(path, self.assert_missing('Python 3.11, 3.12, 3.13 or 3.14'))

    def test_python_too_new_is_named(self):
        path = self.python('python3', 15)
        self.assertIn(path, self.assert_missing('Python 3.11, 3.12, 3.13 or 3.14'))

    def test_free_threaded_python_is_none(self):
        self.python('python3', 13, FREE_THREADED)
        self.assert_missing('Python 3.11, 3.12, 3.13 or 3.14')

    def test_shim_that_cannot_run(self):
        self.program('python3.11', '#!/bin/sh\necho "command not found" >&2\nexit 127\n')
        self.assert_missing('Python 3.11, 3.12, 3.13 or 3.14')

    def test_python_without_venv(self):
        self.python('python3', 12, NO_VENV)
        self.assertIn('python3.12-venv', self.assert_missing('venv'))

    def test_python_without_venv_and_headers(self):
        self.python('python3.11', 11, NO_VENV + '\n' + NO_HEADERS)
        self.assertIn('python3.11-dev', self.assert_missing('venv'))

    def test_headers_and_compiler_may_be_missing(self):
        path = self.python('python3', 14, NO_HEADERS)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))
        self.program('g++', '#!/bin/sh\nexit 1\n')
        (self.bin / 'clang++').unlink()
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))

    def test_other_python_where_python3_is_too_old(self):
        self.python('python3', 10)
        path = self.python('python3.12', 12)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))

    def test_first_complete_python(self):
        self.python('python3.13', 13, NO_HEADERS)
        self.python('python3.14', 14, NO_VENV)
        self.python('python3.11', 11)
        path = self.python('python3.12', 12)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))

    def test_python_without_headers_before_one_without_venv(self):
        self.python('python3.13', 13, NO_VENV)
        path = self.python('python3.14', 14, NO_HEADERS)
        self.python('python3.12', 12, NO_VENV)
        self.python('python3.11', 11, NO_HEADERS)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))

    def test_the_version_that_all_packages_have_releases_for_comes_first(self):
        self.python('python3.14', 14)
        self.python('python3.12', 12)
        path = self.python('python3.13', 13)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))

    def test_pythons_of_pyenv_and_uv(self):
        self.program('python3.11', '#!/bin/sh\nexit 127\n')
        path = self.python('../.pyenv/versions/3.11.13/bin/python3.11', 11)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))
        path = self.python('../.local/share/uv/python/cpython-3.12/bin/python3.12', 12)
        self.assertEqual(self.run_script('--find'), (0, path + '\n', ''))

    def test_given_python_or_none(self):
        self.python('python3.13', 13)
        path = self.python('python3.11', 11)
        self.assertEqual(self.run_script('--find', PYTHON='python3.11'), (0, path + '\n', ''))
        self.assertEqual(self.run_script('--find', PYTHON=path), (0, path + '\n', ''))
        self.assert_missing('PYTHON=python3.12 was given', PYTHON='python3.12')

    def test_failed_installation_is_not_complete(self):
        self.python('python3.11', 11)
        self.assertNotEqual(self.run_script()[0], 0)
        self.assertEqual(sorted(os.listdir(str(self.project / '.venv'))), ['bin', 'lib'])

    def assert_installed(self, python, *requirements):
        """The environment is made with these requirements; returns the last line printed."""
        status, printed, message = self.run_script()
        self.assertEqual((status, message), (0, ''))
        self.assertIn(python, printed)
        installed = (self.project / 'installed').read_text()
        self.assertEqual(
            re.findall('--requirement (\\S+)', installed), ['requirements-pip.txt', *requirements]
        )
        self.assertEqual(
            installed.count('--require-hashes'), installed.count('pip install'), installed
        )
        self.assertIn('-m ift6266.compat', installed)
        self.assertTrue((self.project / '.venv' / 'complete').exists())
        (path,) = (self.project / '.venv').glob('lib/python3.*/site-packages/ift6266.pth')
        self.assertEqual(path.read_text(), f'{self.project.resolve()}\n')
        return printed.splitlines()[-1]

    def test_environment_with_a_compiler(self):
        path = self.python('python3.13', 13, status=0)
        self.assertNotIn('XLA', self.assert_installed(path, 'requirements.txt'))

    def test_environment_without_a_compiler(self):
        path = self.python('python3.13', 13, status=0)
        for compiler in 'g++', 'clang++':
            self.program(compiler, '#!/bin/sh\nexit 1\n')
        line = self.assert_installed(path, 'requirements.txt', 'requirements-xla.txt')
        for words in 'no C++ compiler', 'XLA', 'apt install g++ python3.13-dev', 'dnf', 'xcode':
            self.assertIn(words, line)

    def test_environment_without_headers(self):
        path = self.python('python3.13', 13, NO_HEADERS, status=0)
        line = self.assert_installed(path, 'requirements.txt', 'requirements-xla.txt')
        for words in 'no Python.h of ' + path, 'XLA', 'apt install g++ python3.13-dev':
            self.assertIn(words, line)


class TestRequirements(unittest.TestCase):
    pins = {
        path.name: dict(re.findall(r'^([\w-]+)==(\S+)', path.read_text(), re.MULTILINE))
        for path in PROJECT.glob('requirements*.txt')
    }

    def test_every_requirement_is_pinned_with_hashes(self):
        """Those that python -m ift6266.compat installs, too."""
        pin = re.compile(
            r'[\w-]+==[\w.]+( ; python_version < \S+)?'
            r'( \\\n    --hash=sha256:[0-9a-f]{64})+\n'
        )
        paths = [*PROJECT.glob('requirements*.txt'), *PROJECT.glob('ift6266/compat/*.txt')]
        self.assertGreater(len(paths), 7)
        for path in paths:
            text = re.sub('(#|--requirement ).*\n', '', path.read_text())
            self.assertEqual(pin.sub('', text), '', path)

    def test_the_licence_of_each_is_listed(self):
        listed = (PROJECT / 'docs' / 'licences.md').read_text()
        for name, version in (pin for pins in self.pins.values() for pin in pins.items()):
            self.assertIn(f'\n| {name} | {version} | ', listed)

    def test_none_is_pinned_twice(self):
        names = [name for pins in self.pins.values() for name in pins]
        self.assertEqual(len(set(names)), len(names))
