"""What a run records of the code and of the data that it is made from."""

import os
import shutil
import subprocess
from pathlib import Path
from unittest.mock import patch

from ift6266.training.provenance import begun, code_version, continued
from tests.support import in_folder, input_error, write

DATA = {'train': {'image': 'a', 'caption_vector': 'b'}, 'valid': {'image': 'c'}}
OLD, NEW = ({'commit': letter * 40, 'changed': False} for letter in 'ab')


def make_checkout(folder):
    """Path of a package that git has, and its commit."""
    write(folder, 'package/__init__.py', b'')
    write(folder, '.gitignore', b'venv/\n')
    for command in (
        ('init', '-q'),
        ('add', '.'),
        ('-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '-q', '-m', 'x'),
    ):
        subprocess.run(['git', '-C', folder, *command], check=True)
    commit = subprocess.run(
        ['git', '-C', folder, 'rev-parse', 'HEAD'], check=True, text=True, stdout=subprocess.PIPE
    ).stdout.strip()
    return os.path.join(folder, 'package'), commit


@in_folder
def test_commit_and_changes_of_a_checkout(folder):
    package, commit = make_checkout(folder)
    assert code_version(package) == {'commit': commit, 'changed': False}
    write(folder, 'notes.txt', b'')
    assert code_version(package) == {'commit': commit, 'changed': False}
    write(folder, 'package/__init__.py', b'changed = True\n')
    assert code_version(package) == {'commit': commit, 'changed': True}


@in_folder
def test_no_checkout(folder):
    """Nor is one that another project has around the environment that the package is in."""
    package, _ = make_checkout(folder)
    installed = os.path.join(folder, 'venv', 'package')
    shutil.copytree(package, installed)
    assert code_version(installed) == {}
    with patch.dict(os.environ, PATH=folder):
        assert code_version(package) == {}


def test_versions_that_a_run_goes_through():
    run = continued(begun(OLD, DATA), begun(OLD, DATA), epoch=3, path='run')
    assert run == begun(OLD, DATA)
    run = continued(run, begun(NEW, DATA), epoch=5, path='run')
    assert run['code'] == [{'from_epoch': 1, **OLD}, {'from_epoch': 5, **NEW}]
    run = continued(run, begun({}, DATA), epoch=6, path='run')
    assert run['code'][2:] == [{'from_epoch': 6}]
    assert continued(run, begun({}, DATA), epoch=7, path='run') == run


def test_other_data_are_refused():
    for change, found in (
        (
            {'train': {**DATA['train'], 'caption_vector': 'x'}},
            'the caption vectors in train are not',
        ),
        (
            {'train': {'image': 'x', 'caption_vector': 'b'}, 'valid': {'image': 'x'}},
            'the pictures in train and the pictures in valid are not',
        ),
    ):
        line = input_error(
            continued, begun(OLD, DATA), begun(OLD, {**DATA, **change}), epoch=2, path=Path('run')
        )
        assert line.startswith('run: ' + found) and 'bring the data set back' in line, line


def test_runs_of_before_go_on():
    with patch('ift6266.training.provenance.logger.info') as found:
        run = continued({}, begun(NEW, DATA), epoch=4, path='run')
    assert run == {'code': [{'from_epoch': 1}, {'from_epoch': 4, **NEW}], 'data': DATA}
    assert 'cannot be checked' in found.call_args[0][0]
