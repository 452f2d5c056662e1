"""The command line that compares models, as a person runs it."""

import json
import os
import pty
import subprocess
import sys
import termios
from contextlib import suppress

import numpy as np
from PIL import Image

from ift6266.arrays import read_arrays, write_arrays
from ift6266.data.converters.base import convert_files
from ift6266.networks.architecture import Architecture
from ift6266.networks.weights import save_network
from tests.support import PROJECT, encoded, in_folder, noise, run_script, save_model
from tests.test_notebooks import make_embedding


def make_dataset(folder):
    """Path of 3 + 4 + 2 pictures."""
    splits = 3 * ['train'] + 4 * ['valid'] + 2 * ['other']
    files = [
        (f'{number}.png', encoded(picture))
        for number, picture in enumerate(noise(len(splits), 64, 64, 3))
    ]
    (path,) = convert_files(files, folder, 'noise.hdf5', assign=lambda paths: splits)
    return path


def make_model(folder, name, kind='generator'):
    os.mkdir(os.path.join(folder, name))
    return save_model(os.path.join(folder, name), kind)


def error_line(*arguments):
    status, stdout, stderr = run_script('compare.py', *arguments)
    assert status == 1 and not stdout and stderr.count('\n') == 1, (status, stdout, stderr)
    assert stderr.startswith('compare.py: error: '), stderr
    return stderr


@in_folder
def test_splits_in_json_on_a_page_and_as_a_table(folder):
    dataset, model = make_dataset(folder), make_model(folder, 'plain')
    other = make_model(folder, 'wordless', 'captionless_generator')
    page = os.path.join(folder, 'page.html')
    status, printed, stderr = run_script(
        'compare.py',
        model,
        other,
        '--dataset',
        dataset,
        '--json',
        '--split',
        'valid',
        'other',
        '--html',
        page,
    )
    assert status == 0, stderr
    comparisons = json.loads(printed)['comparisons']
    assert [each['split'] for each in comparisons] == ['valid', 'other']
    for comparison, pictures in zip(comparisons, (4, 2)):
        rows = {row['name']: row for row in comparison['rows']}
        assert list(rows)[-3:] == ['plain', 'wordless', 'truth']
        assert {'border mean', 'harmonic fill', 'biharmonic fill', 'nearest neighbour'} < set(rows)
        assert {row['pictures'] for row in rows.values()} == {pictures}
        assert rows['plain']['mse'] != rows['wordless']['mse']
        assert (
            rows['nearest neighbour']['training_distance']
            < 1e-9
            < rows['truth']['training_distance']
        )
        assert 'takes 64 pictures' in ' '.join(comparison['left_out'])
        (ratio,) = comparison['ratios']
        assert (ratio['name'], ratio['to']) == ('wordless', 'plain')
        low, high = ratio['mse_interval']
        assert low <= ratio['mse'] == rows['wordless']['mse'] / rows['plain']['mse'] <= high
        assert 'swd_32' not in ratio
    # That there are fewer pictures than are to be shown is said for each split.
    assert 'valid: shows all of its 4 pictures, not 12' in stderr
    assert 'other: shows all of its 2 pictures, not 12' in stderr
    with open(page, encoding='utf-8') as file:
        content = file.read()
    names = len(comparisons[0]['rows']) + 1  # and the hole
    assert content.count('<img ') == names * (4 + 2)

    status, printed, _ = run_script('compare.py', '--dataset', dataset, '--split', 'train')
    assert status == 0 and printed.startswith('3 pictures of')
    assert 'left out: nearest neighbour' in printed and '\nnearest neighbour' not in printed


@in_folder
def test_drawing_of_the_models_alone(folder):
    dataset, model = make_dataset(folder), make_model(folder, 'plain')
    drawing = os.path.join(folder, 'drawing.png')
    status, _, stderr = run_script(
        'compare.py', model, '--dataset', dataset, '--pictures', 2, '--output', drawing
    )
    assert status == 0, stderr
    width, height = Image.open(drawing).size
    assert width > 300 and height > 300


@in_folder
def test_what_cannot_be_compared_is_refused_in_one_line(folder):
    dataset, model = make_dataset(folder), make_model(folder, 'plain')
    older = make_model(folder, 'older')
    arrays = read_arrays(older)
    del arrays['conv1.W']
    write_arrays(older, arrays)
    reserved = make_model(folder, 'truth')
    known = ('--dataset', dataset)
    newer = make_model(folder, 'newer')
    write_arrays(newer, {**read_arrays(newer), 'kind': np.array('residual')})
    page = os.path.join(folder, 'page.html')
    with open(page, 'w') as file:
        file.write('kept')
    known += ('--html', page)
    for path, reason in ((older, '"conv1.W" is missing'), (newer, "'residual' is unknown")):
        line = error_line(model, path, *known)
        assert path in line and reason in line and 'take a model of the package' in line, line
    assert "no model 'absent': there are l2" in error_line(model, 'absent', *known)
    assert 'the same name, plain' in error_line(model, model, *known)
    assert 'the same name, truth' in error_line(reserved, *known)
    assert 'no split' in error_line(model, *known, '--split', 'valid', 'test')
    assert 'twice' in error_line(model, *known, '--split', 'valid', 'valid')
    assert 'one split' in error_line(model, *known, '--split', 'valid', 'other', '--output', 'a')
    assert 'no folder' in error_line(model, *known, '--output', os.path.join(folder, 'no', 'a.png'))
    with open(page) as file:
        assert file.read() == 'kept'
    small = os.path.join(folder, 'small.hdf5')
    make_small(small)
    assert '(3, 3, 32, 32)' in error_line(model, '--dataset', small)


@in_folder
def test_other_holes_are_filled_and_refused_by_models_of_the_centre(folder):
    dataset, model = make_dataset(folder), make_model(folder, 'plain')
    options = ('--dataset', dataset, '--holes', 'strokes')
    status, printed, stderr = run_script('compare.py', *options, '--json')
    assert status == 0, stderr
    (comparison,) = json.loads(printed)['comparisons']
    assert comparison['holes'] == 'strokes'
    rows = {row['name']: row for row in comparison['rows']}
    assert rows['harmonic fill']['mse'] < rows['nearest neighbour']['mse']
    assert 'swd_32' not in rows['truth'] and 'the same hole' in ' '.join(comparison['left_out'])
    assert 'paints the centre alone' in error_line(model, *options)


@in_folder
def test_a_model_of_the_package_has_its_name(folder):
    dataset = make_dataset(folder)
    status, printed, stderr = run_script(
        'compare.py', 'l2', '--dataset', dataset, '--split', 'other'
    )
    assert status == 0 and '\nl2 ' in printed, stderr
    assert 'Multiples' not in printed
    assert 'the same name, l2' in error_line('l2', make_model(folder, 'l2'), '--dataset', dataset)


@in_folder
def test_limit_and_progress(folder):
    dataset, model = make_dataset(folder), make_model(folder, 'plain')
    arguments = [model, '--dataset', dataset, '--limit', '3', '--json']
    status, printed, stderr = run_script('compare.py', *arguments)
    assert status == 0, stderr
    (comparison,) = json.loads(printed)['comparisons']
    assert {row['pictures'] for row in comparison['rows']} == {3}
    shown = on_terminal('compare.py', *arguments)
    rows = len(comparison['rows']) - 1  # the truth is not painted
    assert 'measuring plain on valid' in shown and f'{3 * rows}/{3 * rows}' in shown, shown


def on_terminal(name, *arguments):
    """What a script shows where stderr is a terminal."""
    ours, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 120))
    command = [sys.executable, str(PROJECT / 'experiments' / name), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    shown = b''
    with open(ours, 'rb', buffering=0) as file, suppress(OSError):  # raised at its end
        while block := file.read(1024):
            shown += block
    assert process.wait() == 0, shown
    return shown.decode()


@in_folder
def test_one_picture_is_measured_without_intervals(folder):
    files = [
        (f'{number}.png', encoded(picture)) for number, picture in enumerate(noise(3, 64, 64, 3))
    ]
    (dataset,) = convert_files(
        files, folder, 'one.hdf5', assign=lambda paths: 2 * ['train'] + ['valid']
    )
    models = [make_model(folder, name) for name in ('first', 'second')]
    status, printed, stderr = run_script('compare.py', *models, '--dataset', dataset)
    assert status == 0 and printed.startswith('1 pictures of'), stderr
    assert '±0' not in printed and 'left out: an interval over pictures takes 2' in printed
    assert "Multiples of first's" in printed


@in_folder
def test_with_and_without_captions_where_there_are_none(folder):
    dataset, plain = make_dataset(folder), make_model(folder, 'plain')
    embedding = make_embedding([['A cat.', 'A red bus.', 'The bus is green.', 'It is a bridge.']])
    os.mkdir(os.path.join(folder, 'captioned'))
    captioned = os.path.join(folder, 'captioned', 'generator.npz')
    architecture = Architecture('caption_generator')
    save_network(captioned, architecture.build(), architecture, companions=embedding.companions())
    line = error_line(plain, captioned, '--dataset', dataset)
    assert 'captioned paints by captions and plain without' in line and dataset in line, line


def make_small(path):
    """A data set of pictures of another size."""
    import h5py
    from fuel.datasets import H5PYDataset

    with h5py.File(path, 'w') as h5file:
        h5file['image'] = np.zeros((3, 3, 32, 32), 'uint8')
        h5file.attrs['split'] = H5PYDataset.create_split_array({'valid': {'image': (0, 3)}})
