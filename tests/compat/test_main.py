"""python -m ift6266.compat: how it calls pip, and what it says when that fails."""

import os
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

from ift6266.compat import __main__ as installer


def run(*options, failing=None):
    """What the installer ends with, and the calls of pip: arguments and variables.

    ``failing`` is the number of the call that fails.
    """
    calls = []

    def call(command, env):
        calls.append((command, env))
        return int(len(calls) == failing)

    with mock.patch.object(subprocess, 'call', call):
        try:
            return installer.main(list(options)), calls
        except SystemExit as end:
            return end.code, calls


class TestMain(unittest.TestCase):
    def test_the_releases_are_built_with_what_they_lack(self):
        end, ((builder, _), (install, environment), (rest, _)) = run('--no-compile')
        self.assertIsNone(end)
        for command, path in (builder, installer.BUILDER), (install, installer.RELEASES):
            self.assertEqual(
                command[-4:], ['--no-deps', '--require-hashes', '--requirement', str(path)]
            )
        self.assertEqual(install[install.index('--no-binary') + 1], ':all:')
        building, target = environment['PYTHONPATH'].split(os.pathsep)
        self.assertTrue(Path(building, 'sitecustomize.py').is_file())
        self.assertEqual(target, builder[builder.index('--target') + 1])
        self.assertFalse(Path(target).exists())
        self.assertEqual(
            rest[-5:],
            ['--no-compile', 'Theano==1.0.5', 'Lasagne==0.1', 'fuel==0.2.0']
            + ['picklable-itertools==0.1.1'],
        )
        self.assertEqual(len(run('--no-deps')[1]), 2)

    def test_what_fails_is_reported_in_a_line(self):
        for failing in 1, 2, 3:
            end, calls = run(failing=failing)
            self.assertEqual(len(calls), failing)
            self.assertRegex(end, '^ift6266.compat: error: Theano, Lasagne and Fuel .*$')

    def test_an_environment_without_pip_is_reported(self):
        with mock.patch.dict(sys.modules, pip=None):
            end, calls = run()
        self.assertEqual(calls, [])
        self.assertRegex(end, '^ift6266.compat: error: there is no pip .* -m ensurepip .*$')


def test_versioneer_finds_the_names_that_it_asks_for():
    program = (
        'import configparser, io; parser = configparser.SafeConfigParser(); '
        'parser.readfp(io.StringIO("[versioneer]\\nVCS = git")); '
        'print(parser.get("versioneer", "VCS"))'
    )
    building = Path(installer.__file__).parent / 'building'
    printed = subprocess.check_output(
        [sys.executable, '-W', 'ignore', '-c', program],
        text=True,
        env=dict(os.environ, PYTHONPATH=str(building)),
    )
    assert printed == 'git\n'
