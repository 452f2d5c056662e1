"""The package that pip builds: complete, and with requirements that allow what was tested."""

import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from email.parser import BytesParser
from pathlib import Path

from packaging.requirements import Requirement

import ift6266

PROJECT = Path(__file__).resolve().parents[1]


class TestPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = folder = tempfile.TemporaryDirectory()
        copy = Path(folder.name, 'copy')  # building leaves files behind
        shutil.copytree(
            PROJECT / 'ift6266', copy / 'ift6266', ignore=shutil.ignore_patterns('__pycache__')
        )
        for name in 'setup.py', 'LICENSE':
            shutil.copy(PROJECT / name, copy)
        cls.sources = {
            path.relative_to(copy).as_posix()
            for path in (copy / 'ift6266').rglob('*')
            if path.is_file()
        }
        subprocess.run(
            [
                sys.executable,
                '-m',
                'pip',
                'wheel',
                '--quiet',
                '--no-deps',
                '--no-build-isolation',
                '--use-pep517',
                '--wheel-dir',
                folder.name,
                str(copy),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
        )
        (wheel,) = Path(folder.name).glob('*.whl')
        with zipfile.ZipFile(wheel) as archive:
            cls.files = set(archive.namelist())
            (name,) = (name for name in cls.files if name.endswith('/METADATA'))
            cls.metadata = BytesParser().parsebytes(archive.read(name))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_it_has_all_files(self):
        self.assertEqual({name for name in self.files if '.dist-info/' not in name}, self.sources)

    def test_it_has_its_version_and_its_licence(self):
        self.assertEqual(self.metadata['Version'], ift6266.__version__)
        self.assertTrue([name for name in self.files if name.endswith('/LICENSE')])

    def test_its_requirements_allow_the_locked_releases(self):
        pins = {}
        for path in PROJECT.glob('requirements*.txt'):
            pins.update(re.findall(r'^([\w-]+)==(\S+)', path.read_text(), re.MULTILINE))
        requirements = [Requirement(text) for text in self.metadata.get_all('Requires-Dist')]
        self.assertGreater(len(requirements), 10)
        for requirement in requirements:
            if 'benchmark' not in str(requirement.marker):
                self.assertIn(pins[requirement.name], requirement.specifier)
