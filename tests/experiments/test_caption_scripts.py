"""Captions from a data set through training to a painted photograph, as a person runs it."""

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

from ift6266.captions.storage import read_embedding, read_embedding_of_model
from ift6266.data.converters.base import save_pictures
from ift6266.data.pictures import Picture
from tests.support import PROJECT, encoded, in_folder, noise, run_script, save_model, write

WORDS = ['red', 'green', 'blue', 'bus', 'cat', 'on', 'a', 'bridge']


def make_dataset(folder, caption='{} {}.\nA {} {}.'):
    """Path of 16 + 4 pictures with captions of two known words."""
    rng = np.random.RandomState(0)
    pictures, captions = [], {}
    for number in range(20):
        level = rng.randint(256, size=(3, 1, 1)).astype('uint8')
        pictures.append((str(number), Picture(np.tile(level, (1, 64, 64)), None)))
        pair = WORDS[number % 3], WORDS[3 + number % 2]
        captions[str(number)] = caption.format(*pair, *pair).splitlines()
    with contextlib.redirect_stderr(io.StringIO()):
        (path,) = save_pictures(
            pictures,
            folder,
            'captioned.hdf5',
            assign=lambda paths: 16 * ['train'] + 4 * ['valid'],
            captions=captions.get,
        )
    return path


def make_vectors(folder, seed=1):
    rng = np.random.RandomState(seed)
    lines = [
        '{} {}'.format(word, ' '.join(map('{:.5f}'.format, rng.normal(size=300)))) for word in WORDS
    ]
    return write(folder, 'vectors.txt', '\n'.join(['8 300'] + lines + ['']).encode())


def embed(dataset, vectors):
    result = subprocess.run(
        [sys.executable, '-m', 'ift6266.captions', dataset, '--vectors', vectors],
        cwd=str(PROJECT),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


def error_line(script, *arguments):
    status, stdout, stderr = run_script(script, *arguments)
    assert status == 1 and not stdout, (status, stdout, stderr)
    line = stderr.splitlines()[-1]
    assert line.startswith(script + ': error: '), stderr
    return line


@in_folder
def test_train_measure_and_paint_with_captions(folder):
    dataset, run = make_dataset(folder), Path(folder, 'run')
    options = ('--dataset', dataset, '--batch-size', 8, '--epochs', 1, '--output', run)
    assert 'python -m ift6266.captions' in error_line('run_caption_gan.py', *options)
    assert not run.exists()
    embed(dataset, make_vectors(folder))
    status, _, stderr = run_script('run_caption_gan.py', *options, '--critic-steps', 1)
    assert status == 0, stderr
    trained = json.loads((run / 'log.jsonl').read_text())
    assert np.isfinite([trained['critic_loss'], trained['valid_mse']]).all()
    model = run / 'generator.npz'
    assert read_embedding_of_model(model).vocabulary == read_embedding(dataset).vocabulary
    check_ablation(folder, model, dataset)
    check_painting(folder, model)
    check_going_on_elsewhere(folder, model, dataset)


def check_ablation(folder, model, dataset):
    other = save_model(folder, 'captionless_generator')
    status, printed, stderr = run_script(
        'evaluate.py',
        '--model',
        model,
        '--dataset',
        dataset,
        '--ablate-captions',
        '--without-captions',
        other,
        '--json',
    )
    assert status == 0, stderr
    report = json.loads(printed)
    _, plain, _ = run_script('evaluate.py', '--model', other, '--dataset', dataset, '--json')
    assert report['without_captions_mse'] == json.loads(plain)['mse']
    errors = [report[name] for name in ('mse', 'shuffled_captions_mse', 'mean_caption_mse')]
    assert len(set(errors)) == 3 and all(np.isfinite(errors)), errors
    assert report['pictures'] == 4


def check_painting(folder, model):
    photo, painted = write(folder, 'photo.png', encoded(noise(80, 64, 3))), []
    output = os.path.join(folder, 'painted')
    for options, told in (
        (['--caption', 'a red bus on an unheard-of bridge'], 'heard'),
        ([], 'mean of the training captions'),
    ):
        status, _, stderr = run_script(
            *('inpaint.py', photo, '--model', model, '--output', output, '--overwrite'),
            *options,
        )
        assert status == 0 and told in stderr, stderr
        painted.append(Image.open(os.path.join(output, 'photo.png')).tobytes())
    assert painted[0] != painted[1]
    assert 'caption is empty' in error_line('inpaint.py', photo, '--model', model, '--caption', '')


def check_going_on_elsewhere(folder, model, dataset):
    """To begin with it takes a data set whose captions are embedded as it hears them."""
    embed(dataset, make_vectors(folder, seed=2))
    run = Path(folder, 'further')
    options = (
        '--dataset',
        dataset,
        '--batch-size',
        8,
        '--epochs',
        1,
        '--loss',
        'l2',
        '--generator',
        model,
        '--output',
        run,
    )
    line = error_line('run_caption_gan.py', *options)
    command = f'python -m ift6266.captions {dataset} --embedding {model}'
    assert command in line and not run.exists(), line
    result = subprocess.run(
        [sys.executable, *command.split()[1:]], cwd=str(PROJECT), capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    status, _, stderr = run_script('run_caption_gan.py', *options)
    assert status == 0, stderr
    assert read_embedding_of_model(run / 'generator.npz').same_as(read_embedding_of_model(model))


@in_folder
def test_a_caption_that_a_model_cannot_take_is_refused(folder):
    model = save_model(folder)
    photo = write(folder, 'photo.png', encoded(noise(64, 64, 3)))
    assert 'trained without captions' in error_line(
        'inpaint.py', photo, '--model', model, '--caption', 'a cat'
    )
    assert 'takes no captions' in error_line(
        'evaluate.py', '--model', model, '--dataset', make_dataset(folder), '--ablate-captions'
    )


@in_folder
def test_models_side_by_side(folder):
    dataset = make_dataset(folder)
    models = []
    for name, kind in (('plain', 'generator'), ('wordless', 'captionless_generator')):
        os.mkdir(os.path.join(folder, name))
        models.append(save_model(os.path.join(folder, name), kind))
    output = os.path.join(folder, 'compared.png')
    status, _, stderr = run_script(
        'compare.py', *models, '--dataset', dataset, '--pictures', 3, '--output', output
    )
    assert status == 0, stderr
    drawn = np.asarray(Image.open(output).convert('RGB'))
    # Truth and hole are drawn from the pictures: their plain colours are there, in the order.
    with h5py.File(dataset, 'r') as h5file:
        pixel = h5file['image'][16][:, 0, 0]
    assert (abs(drawn.astype(int) - pixel).max(axis=2) <= 1).sum() > 1000
    assert 'the same name' in error_line('compare.py', models[0], models[0], '--dataset', dataset)
