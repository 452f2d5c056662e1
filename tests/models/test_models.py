"""The models of the package: found by name, complete, and silent on where they were made."""

import json
import os
import re
from pathlib import Path

from ift6266 import models
from ift6266.arrays import read_arrays
from ift6266.models import find, find_run, names
from ift6266.networks.weights import load_network
from tests.support import encoded, in_folder, input_error, noise, run_script, write


def make(folder, *made):
    for name in made:
        write(folder, name + '/generator.npz', b'')
    return Path(folder)


@in_folder
def test_names_are_those_of_the_folders(folder):
    make(folder, 'other', 'captions', 'wgan', 'l2', '.l2-half-written')
    os.mkdir(os.path.join(folder, 'empty'))
    assert names(folder) == ['l2', 'wgan', 'captions', 'other']
    assert find('wgan', folder) == os.path.join(folder, 'wgan', 'generator.npz')
    assert find_run('wgan', folder) == os.path.join(folder, 'wgan')


@in_folder
def test_a_path_stays_a_path(folder):
    path = write(folder, 'run/generator.npz', b'')
    assert find(path) == path == find(os.path.dirname(path)) == find(os.path.dirname(path) + '/')
    assert find_run(os.path.join('..', 'runs', 'gan')) == os.path.join('..', 'runs', 'gan')


@in_folder
def test_a_run_in_the_current_folder(folder):
    """The package's models come first."""
    make(folder, 'package/l2', 'here/gan', 'here/l2')
    package, before = Path(folder, 'package'), os.getcwd()
    os.chdir(os.path.join(folder, 'here'))
    try:
        assert find('gan', package) == os.path.join('gan', 'generator.npz')
        assert find('l2', package) == str(package / 'l2' / 'generator.npz')
        assert find('./l2', package) == os.path.join('./l2', 'generator.npz')
        assert find_run('gan', package) == 'gan'
        assert find_run('l2', package) == str(package / 'l2')
    finally:
        os.chdir(before)


@in_folder
def test_what_is_no_model_is_told_with_those_there_are(folder):
    make(folder, 'l2', 'wgan')
    for name in ('gan', 'empty', 'absent.npz', os.path.join(folder, 'empty')):
        os.makedirs(os.path.join(folder, 'empty'), exist_ok=True)
        told = input_error(find, name, folder)
        assert name in told and 'l2, wgan' in told, told
    assert 'none in the package' in input_error(find, 'gan', os.path.join(folder, 'empty'))


def test_each_has_all_that_there_is_to_know_of_it():
    assert 'l2' in names()
    for name in names():
        folder = models.FOLDER / name
        assert sorted(path.name for path in folder.iterdir()) == [
            'README.md',
            'config.json',
            'generator.npz',
            'log.jsonl',
            'measures.json',
        ], name
        load_network(find(name))
        filters = [array for array in read_arrays(find(name)).values() if array.ndim == 4]
        assert filters and all(array.dtype == 'float16' for array in filters), name
        config = json.loads((folder / 'config.json').read_text('utf-8'))
        assert os.sep not in config['dataset']
        readme = (folder / 'README.md').read_text('utf-8')
        assert '`experiments/run_' in readme and '## Licence' in readme
        told = json.loads((folder / 'measures.json').read_text('utf-8'))['comparisons']
        assert told
        for comparison in told:
            (row,) = (row for row in comparison['rows'] if row['kind'] == 'model')
            assert row['name'] == name and row['mse'] < 0.1
            assert '{:.4f}'.format(row['mse']) in readme
        assert (folder / 'log.jsonl').read_text('utf-8').count('\n') == config['epochs']
        for path in folder.glob('*[!z]'):
            assert not re.search(r'[\s"`]/\w', path.read_text('utf-8')), path


def test_setup_installs_all_their_files():
    with open(str(models.FOLDER.parents[1] / 'setup.py'), encoding='utf-8') as file:
        (patterns,) = re.findall(r"'ift6266.models': \[(.*?)\]", file.read())
    installed = {
        path for pattern in re.findall("'(.*?)'", patterns) for path in models.FOLDER.glob(pattern)
    }
    assert installed == {path for name in names() for path in (models.FOLDER / name).iterdir()}


@in_folder
def test_a_photograph_is_painted_by_name(folder):
    photo = write(folder, 'photo.png', encoded(noise(64, 64, 3)))
    output = os.path.join(folder, 'painted')
    status, _, errors = run_script('inpaint.py', photo, '--model', 'l2', '--output', output)
    assert status == 0 and os.listdir(output) == ['photo.png'], errors
    status, _, errors = run_script('inpaint.py', photo, '--model', 'no-such', '--output', output)
    assert status == 1 and errors.count('\n') == 1, errors
    assert errors.startswith("inpaint.py: error: no model 'no-such': there are l2"), errors
