"""A run becomes a model of the package: what is told of it, and what is not."""

import json
import os
import re
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np

from ift6266.arrays import read_arrays, write_arrays
from ift6266.data.converters.base import convert_files
from ift6266.inpainter import compile_output
from ift6266.networks.weights import load_network
from ift6266.training.provenance import begun
from ift6266.training.run_directory import PROVENANCE, RunDirectory
from tests.support import (
    PROJECT,
    encoded,
    in_folder,
    input_error,
    noise,
    run_script,
    save_model,
    write,
)

L2 = {
    'epochs': 2,
    'batch_size': 32,
    'learning_rate': 0.002,
    'seed': 1,
    'limit': None,
    'flips': True,
    'decay': False,
    'backend': 'auto',
    'precision': 'float32',
}


def script():
    """The module of the script."""
    with patch.object(sys, 'path', [str(PROJECT / 'experiments')] + sys.path):
        import publish
    return publish


def make_run(folder, **config):
    """Path of a run of two epochs on a data set called photos, 2 + 3 + 1 pictures."""
    splits = 2 * ['train'] + 3 * ['valid'] + ['other']
    files = [
        (f'{number}.png', encoded(picture))
        for number, picture in enumerate(noise(len(splits), 64, 64, 3))
    ]
    (dataset,) = convert_files(files, folder, 'photos.hdf5', assign=lambda paths: splits)
    run = RunDirectory(Path(folder, 'run'))
    run.begin({'dataset': dataset, **L2, **config})
    run.log.write_text('{"epoch": 1}\n{"epoch": 2}\n')
    os.rename(save_model(folder), str(run.generator))
    return run.path


def publish(folder, run, name, *options):
    return run_script('publish.py', run, name, '--output', folder, *options)


def texts(folder):
    return {
        path.name: path.read_text('utf-8')
        for path in Path(folder).iterdir()
        if path.suffix != '.npz'
    }


@in_folder
def test_all_that_there_is_to_know_of_a_run(folder):
    run = make_run(folder)
    old = write(folder, 'models/mine/old.txt', b'old')
    models = os.path.join(folder, 'models')
    status, printed, errors = publish(models, run, 'mine', '--split', 'valid', 'other')
    published = Path(models, 'mine')
    assert status == 0 and printed.strip() == str(published), errors
    assert os.listdir(models) == ['mine'] and not os.path.exists(old)
    told = texts(published)
    assert sorted(told) == ['README.md', 'config.json', 'log.jsonl', 'measures.json']
    for name, text in told.items():
        assert folder not in text and str(PROJECT) not in text, name
        assert not re.search(r'[\s"`]/\w', text), name
    assert json.loads(told['config.json']) == {'dataset': 'photos', **L2}
    assert told['log.jsonl'] == (run / 'log.jsonl').read_text()
    assert '`experiments/run_l2.py --flips --epochs 2`' in told['README.md']
    assert '| commit | not known |\n' in told['README.md']
    assert '| their digests | not known |\n' in told['README.md']
    whole, half = (load_network(path / 'generator.npz') for path in (run, published))
    context = noise(2, 3, 64, 64).astype('float32') / 255
    np.testing.assert_allclose(
        compile_output(half)(context), compile_output(whole)(context), atol=0.5 / 255
    )
    dataset = os.path.join(folder, 'photos.hdf5')
    check_measures(json.loads(told['measures.json']), str(published / 'generator.npz'), dataset)


def check_measures(told, model, dataset):
    """They are those that compare.py prints."""
    status, printed, errors = run_script(
        'compare.py', model, '--dataset', dataset, '--json', '--split', 'valid', 'other'
    )
    assert status == 0, errors
    expected = json.loads(printed.replace(dataset, 'photos'))
    assert told['comparisons'][0]['rows'][-2]['name'] == 'mine'
    assert told == expected


@in_folder
def test_what_the_run_was_made_from(folder):
    """The commits that trained it, not that of the day."""
    made = begun({'commit': 'a' * 40, 'changed': False}, {'train': {'image': 'c'}})
    made['code'].append({'from_epoch': 2, 'commit': 'b' * 40, 'changed': True})
    run = make_run(folder, **{PROVENANCE: made})
    os.mkdir(os.path.join(folder, 'models'))
    status, _, errors = publish(os.path.join(folder, 'models'), run, 'mine')
    assert status == 0, errors
    told = texts(os.path.join(folder, 'models', 'mine'))
    assert (
        '| commit | {}, {} with changes that are in none from epoch 2 on |'.format(
            'a' * 40, 'b' * 40
        )
        in told['README.md']
    )
    assert '| their digests | pictures of `train` c |' in told['README.md']
    assert json.loads(told['config.json'])[PROVENANCE] == made


@in_folder
def test_what_cannot_be_published_leaves_all_as_it_was(folder):
    run = make_run(folder)
    kept = write(folder, 'models/mine/kept.txt', b'kept')
    models = os.path.join(folder, 'models')

    def refused(*arguments, output=models):
        status, printed, errors = publish(output, *arguments)
        assert status == 1 and not printed, (status, printed)
        assert os.listdir(models) == ['mine'] and os.path.exists(kept)
        line = errors.splitlines()[-1]
        assert line.startswith('publish.py: error: '), errors
        return line

    assert 'letters' in refused(run, '../mine')
    assert 'no such folder' in refused(run, 'mine', output=os.path.join(folder, 'absent'))
    assert 'holds no run' in refused(folder, 'mine')
    assert "no split 'test'" in refused(run, 'mine', '--split', 'test')
    assert 'trained on photos, not on shapes' in refused(run, 'mine', '--dataset', 'shapes')
    for changed, told in (
        ({'dataset': 'secret'}, 'secret, of whose origin'),
        ({'magic': 3}, 'option magic'),
    ):
        config = {'dataset': os.path.join(folder, 'photos.hdf5'), **L2, **changed}
        write(str(run), 'config.json', json.dumps(config).encode())
        assert told in refused(run, 'mine')
    (run / 'log.jsonl').write_text('')
    assert 'none of its epochs' in refused(run, 'mine')


@in_folder
def test_the_model_that_a_run_began_with_is_told_by_its_name(folder):
    run = make_run(folder)
    os.mkdir(os.path.join(folder, 'models'))
    config = {'dataset': os.path.join(folder, 'photos.hdf5'), **L2}
    for given in ('first', 'first/generator.npz'):
        config['generator'] = os.path.join(folder, 'runs', given)
        write(str(run), 'config.json', json.dumps(config).encode())
        status, _, errors = publish(os.path.join(folder, 'models'), run, 'mine')
        assert status == 0, errors
        told = texts(os.path.join(folder, 'models', 'mine'))
        assert ' --generator first ' in told['README.md']
        assert json.loads(told['config.json'])['generator'] == 'first'


def test_commands_have_the_options_that_are_not_the_defaults():
    command = script().training_command
    options = {'dataset': 'natural64', **L2}
    assert command(options) == 'experiments/run_l2.py --dataset natural64 --flips --epochs 2'
    assert command({**options, 'filters': [8, 16, 24, 32]}).endswith(
        '--flips --filters 8 16 24 32 --epochs 2'
    )
    variant = {'variant': 'unet', 'epochs': 3, 'crops': 0.5, 'learning_rate': 2e-4}
    assert command(variant) == 'experiments/literature.py --variant unet --crops 0.5 --epochs 3'
    options.update(critic_steps=1, clip=None, warm_up=1, recipe='grain')
    options.update(critic_view='centre', decay='linear', save='last', seed=3)
    assert (
        command(options) == 'experiments/run_gan.py --recipe grain --dataset natural64 '
        '--seed 3 --epochs 2 --critic-view centre --warm-up 1'
    )
    assert command({**options, 'clip': 0.05}).endswith('--clip 0.05')
    options = {'dataset': 'photos', **L2, 'loss': 'l2', 'network': 'captionless_generator'}
    assert (
        command(options) == 'experiments/run_caption_gan.py --flips '
        '--network captionless_generator --epochs 2 --loss l2'
    )
    assert 'option magic' in input_error(command, {**options, 'magic': 3})


@in_folder
def test_what_half_precision_would_spoil_is_refused(folder):
    run = make_run(folder)
    path, target = run / 'generator.npz', Path(folder, 'half.npz')
    module = script()
    stream = module.open_streams(os.path.join(folder, 'photos.hdf5'), ['valid'])
    assert module.write_halved(path, target, stream) < 0.5
    arrays = read_arrays(path)
    (last,) = (name for name in arrays if name == 'tconv3.W')
    write_arrays(path, {**arrays, last: 500 * arrays[last]})
    assert 'half precision moves' in input_error(module.write_halved, path, target, stream)
    write_arrays(path, {**arrays, last: np.full_like(arrays[last], 1e6)})
    assert 'not a finite number' in input_error(module.write_halved, path, target, stream)
