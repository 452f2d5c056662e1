"""run_l2.py and run_gan.py as a person runs them: options, refusals, stopping, resuming."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np

from ift6266.arrays import read_arrays
from tests.support import PROJECT, in_folder, require_compiler, run_script, write
from tests.training.support import save_pictures

RUN_FILES = ['checkpoint.npz', 'config.json', 'curves.png', 'generator.npz', 'log.jsonl', 'samples']


def error_line(script, *arguments):
    """The one line on stderr of a command that must fail."""
    status, stdout, stderr = run_script(script, *arguments)
    assert status in (1, 2) and not stdout, (status, stdout, stderr)
    (line,) = stderr.splitlines()
    assert line.startswith(script + ': error: '), line
    return line


def start(script, *arguments):
    return subprocess.Popen(
        [sys.executable, str(PROJECT / 'experiments' / script), *map(str, arguments)],
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def wait_for(path, seconds=300):
    for _ in range(10 * seconds):
        if path.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f'{path} did not appear in {seconds} s')


def test_options_out_of_range():
    for option, value in (
        ('--epochs', 0),
        ('--epochs', '1.5'),
        ('--batch-size', -1),
        ('--learning-rate', 0),
        ('--learning-rate', 'nan'),
        ('--seed', -1),
        ('--limit', 0),
        ('--backend', 'magic'),
        ('--precision', 'float8'),
        ('--clip', '-0.1'),
        ('--critic-steps', 0),
        ('--warm-up', -1),
        ('--adversarial-weight', 0),
        ('--crops', 1.5),
        ('--decay', 'steps'),
    ):
        line = error_line('run_gan.py', f'{option}={value}')
        assert option in line and str(value) in line, line
    line = error_line('run_gan.py', '--epochs', 2, '--warm-up', 2)
    assert 'warm-up of 2 epochs leaves none of the 2' in line, line
    line = error_line('run_gan.py', '--weight-decay', 0.01, '--optimizer', 'rmsprop')
    assert '--weight-decay takes --optimizer adam, not rmsprop' in line, line


def test_help_states_the_defaults():
    status, stdout, _ = run_script('run_gan.py', '--help')
    assert status == 0
    for default in ('photos', '0.002', 'runs/gan', '(default: 5)', '(default: 32)'):
        assert default in stdout, default


@in_folder
def test_refusals_leave_everything_as_it_was(folder):
    data, output = save_pictures(folder), Path(folder, 'run')
    assert 'no data set' in error_line('run_l2.py', '--dataset', 'absent', '--output', output)
    assert '24 pictures' in error_line('run_l2.py', '--dataset', data, '--output', output)
    assert 'holds no run' in error_line('run_l2.py', '--resume', '--output', output)
    assert not output.exists()
    write(folder, 'run/checkpoint.npz', b'kept')
    assert '--resume' in error_line(
        'run_l2.py', '--dataset', data, '--batch-size', 8, '--output', output
    )
    assert os.listdir(str(output)) == ['checkpoint.npz']
    blocked = write(folder, 'file', b'')
    assert 'file' in error_line(
        'run_l2.py', '--dataset', data, '--batch-size', 8, '--output', os.path.join(blocked, 'run')
    )


@in_folder
def test_stopped_and_killed_runs_go_on_to_the_same_parameters(folder):
    data = save_pictures(folder)
    whole, stopped = Path(folder, 'whole'), Path(folder, 'stopped')
    options = ('--dataset', data, '--batch-size', 4, '--epochs', 3, '--flips', '--decay')
    status, _, stderr = run_script('run_l2.py', *options, '--output', whole)
    assert status == 0, stderr
    assert sorted(os.listdir(str(whole))) == RUN_FILES
    assert 'compiling: reconstruction step' in stderr
    assert stderr.count('harmonic fill') == 3

    process = start('run_l2.py', *options, '--output', stopped)
    wait_for(stopped / 'checkpoint.npz')
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM, stderr
    assert '--resume continues' in stderr, stderr
    line = error_line('run_l2.py', '--resume', '--output', stopped, '--batch-size', 8)
    assert '--batch-size 4' in line, line

    before = (stopped / 'checkpoint.npz').stat().st_mtime_ns
    process = start('run_l2.py', '--resume', '--output', stopped)
    while (stopped / 'checkpoint.npz').stat().st_mtime_ns == before and process.poll() is None:
        time.sleep(0.05)
    process.kill()
    process.communicate()

    status, _, stderr = run_script('run_l2.py', '--resume', '--output', stopped)
    assert status == 0, stderr
    expected, found = (read_arrays(run / 'checkpoint.npz') for run in (whole, stopped))
    for name in set(expected) - {'progress'}:
        np.testing.assert_array_equal(expected[name], found[name], name)
    logs = [
        [json.loads(line)['valid_mse'] for line in (run / 'log.jsonl').read_text().splitlines()]
        for run in (whole, stopped)
    ]
    assert len(logs[0]) == 3 and logs[0] == logs[1]


@in_folder
def test_a_data_set_that_is_written_anew(folder):
    """What is in it decides, not when it was written."""
    data, output = save_pictures(folder), Path(folder, 'run')
    status, _, stderr = run_script(
        'run_l2.py', '--dataset', data, '--batch-size', 8, '--epochs', 1, '--output', output
    )
    assert status == 0, stderr
    save_pictures(folder)
    status, _, stderr = run_script('run_l2.py', '--resume', '--epochs', 2, '--output', output)
    assert status == 0, stderr
    before = {path: path.stat().st_mtime_ns for path in output.iterdir()}
    save_pictures(folder, seed=1)
    line = error_line('run_l2.py', '--resume', '--epochs', 3, '--output', output)
    assert 'the pictures in train and the pictures in valid are not those' in line, line
    assert before == {path: path.stat().st_mtime_ns for path in output.iterdir()}


@in_folder
def test_a_folder_that_another_run_writes_to(folder):
    data, output = save_pictures(folder), Path(folder, 'run')
    first = start(
        'run_l2.py', '--dataset', data, '--batch-size', 8, '--epochs', 1000, '--output', output
    )
    wait_for(output / 'config.json')
    for more in (), ('--resume',):
        line = error_line(
            'run_l2.py',
            '--dataset',
            data,
            '--batch-size',
            8,
            '--epochs',
            1000,
            '--output',
            output,
            *more,
        )
        assert f'process {first.pid} on ' in line and 'writes to it' in line, line
    wait_for(output / 'checkpoint.npz')
    first.terminate()
    first.communicate()
    assert first.returncode == 128 + signal.SIGTERM
    assert '.lock' not in os.listdir(str(output))


@in_folder
def test_precision_stays_on_the_way(folder):
    """Also in a run begun before there was a choice."""
    write(folder, 'checkpoint.npz', b'')
    for config, asked, kept in (
        ({'precision': 'bfloat16'}, 'float32', 'bfloat16'),
        ({}, 'bfloat16', 'float32'),
    ):
        write(folder, 'config.json', json.dumps(config).encode())
        line = error_line('run_l2.py', '--resume', '--output', folder, '--precision', asked)
        assert '--precision ' + kept in line, line


@in_folder
def test_a_fall_of_the_rate_from_before_there_were_two_stays_linear(folder):
    write(folder, 'checkpoint.npz', b'')
    write(folder, 'config.json', json.dumps({'decay': True}).encode())
    line = error_line('run_l2.py', '--resume', '--output', folder, '--decay', 'cosine')
    assert '--decay linear' in line, line


@in_folder
def test_bfloat16_takes_the_kernels(folder):
    require_compiler()
    status, _, stderr = run_script(
        'run_l2.py',
        '--dataset',
        save_pictures(folder),
        '--batch-size',
        8,
        '--backend',
        'theano',
        '--precision',
        'bfloat16',
        '--output',
        os.path.join(folder, 'run'),
    )
    line = stderr.splitlines()[-1]
    assert status == 1 and 'bfloat16 needs the backend cpu' in line, stderr


@in_folder
def test_a_run_that_diverges_ends_with_what_to_try(folder):
    data, output = save_pictures(folder), Path(folder, 'run')
    status, _, stderr = run_script(
        'run_l2.py',
        '--dataset',
        data,
        '--batch-size',
        8,
        '--epochs',
        2,
        '--learning-rate',
        1e6,
        '--output',
        output,
    )
    (line,) = (line for line in stderr.splitlines() if 'error' in line)
    assert status == 1 and 'lower --learning-rate' in line and 'finished' not in stderr, stderr
    assert sorted(os.listdir(output)) == ['checkpoint.npz', 'config.json']
    assert np.isfinite(read_arrays(output / 'checkpoint.npz')['generator/conv1.W']).all()


@in_folder
def test_gan_with_warm_up(folder):
    data, output = save_pictures(folder), Path(folder, 'run')
    status, _, stderr = run_script(
        'run_gan.py',
        '--dataset',
        data,
        '--batch-size',
        8,
        '--epochs',
        2,
        '--warm-up',
        1,
        '--critic-steps',
        2,
        '--output',
        output,
    )
    assert status == 0, stderr
    assert sorted(os.listdir(str(output))) == RUN_FILES
    warm, trained = map(json.loads, (output / 'log.jsonl').read_text().splitlines())
    assert 'critic_loss' not in warm and np.isfinite(trained['critic_loss'])


def test_table_of_a_network():
    status, stdout, _ = run_script('show_network.py', 'generator')
    assert status == 0
    assert '| tconv2 | 64      | (96 + 96)×8×8   | 64×16×16 |' in stdout.splitlines()


@in_folder
def test_a_recipe_and_all_that_goes_beyond_the_report(folder):
    """Options at odds with every default; the run ends with the rates of the other side of it."""
    data, first, output = save_pictures(folder), Path(folder, 'first'), Path(folder, 'run')
    small = ('--dataset', data, '--batch-size', 8, '--hold-out', 5)
    status, _, stderr = run_script(
        'run_l2.py', *small, '--epochs', 1, '--network', 'resizing_generator', '--output', first
    )
    assert status == 0, stderr
    begin = (*small, '--generator', first / 'generator.npz')
    line = error_line('run_gan.py', *begin, '--output', output)
    assert 'holds a resizing_generator, not a generator' in line, line
    status, _, stderr = run_script(
        'run_gan.py',
        *begin,
        '--network',
        'resizing_generator',
        '--epochs',
        3,
        '--decay',
        '--warm-up',
        1,
        '--ramp',
        1,
        '--average',
        0.9,
        '--save',
        'last',
        '--optimizer',
        'rmsprop',
        '--critic-normalization',
        'layer',
        '--critic-view',
        'detail',
        '--critic-steps',
        1,
        '--first-critic-steps',
        2,
        '--generator-learning-rate',
        '1e-3',
        '--critic-learning-rate',
        '2e-4',
        '--output',
        output,
    )
    assert status == 0, stderr
    *_, last = map(json.loads, (output / 'log.jsonl').read_text().splitlines())
    assert last['examples_per_second'] and 0 <= last['critic_at_clip'] <= 1
    assert last['adversarial_pull'] > 0
    assert abs(last['critic_loss'] - (last['painted_score'] - last['real_score']) / 2) < 1e-6
    checkpoint = read_arrays(output / 'checkpoint.npz')
    found = read_arrays(output / 'generator.npz')
    np.testing.assert_array_equal(found['conv1.W'], checkpoint['average/conv1.W'])
    assert not np.array_equal(checkpoint['average/conv1.W'], checkpoint['generator/conv1.W'])


@in_folder
def test_a_generator_to_begin_with(folder):
    data, output = save_pictures(folder), Path(folder, 'run')
    for model in 'absent', Path(folder, 'absent.npz'):
        line = error_line(
            'run_gan.py',
            '--dataset',
            data,
            '--batch-size',
            8,
            '--generator',
            model,
            '--output',
            output,
        )
        assert 'absent' in line and not output.exists()


@in_folder
def test_runs_of_an_earlier_version_are_refused(folder):
    write(folder, 'config.json', b'{"last_layer": "transposed"}')
    line = error_line('run_l2.py', '--resume', '--output', folder)
    assert 'option last_layer, which is of another script or an earlier version' in line, line


@in_folder
def test_damaged_options_of_a_run_are_named(folder):
    for name, value in (('epochs', 'many'), ('dataset', 5), ('backend', 'magic'), ('flips', 'x')):
        write(folder, 'config.json', json.dumps({name: value}).encode())
        assert f'--{name}' in error_line('run_l2.py', '--resume', '--output', folder)


def test_networks_of_the_centre_refuse_other_holes():
    line = error_line('run_l2.py', '--holes', 'strokes')
    assert '--holes strokes: the network generator paints the centre alone' in line, line


def test_recipes_are_defaults():
    """What is asked for comes before the recipe, and the recipe before the report's defaults."""
    with patch.object(sys, 'path', [str(PROJECT / 'experiments')] + sys.path):
        from arguments import parse
        from recipes import RECIPES
        from run_gan import Options

    plain = vars(parse(Options, '', []))
    assert vars(parse(Options, '', ['--recipe', 'report'])) == plain
    for name, recipe in RECIPES.items():
        found = vars(parse(Options, '', ['--recipe', name, '--seed', '7']))
        assert found == {**plain, **recipe, 'recipe': name, 'seed': 7}, name
    resumed = parse(Options, '', ['--recipe', 'grain'], epochs=20)
    assert resumed.epochs == 20 and resumed.warm_up == RECIPES['grain']['warm_up']


def test_a_recipe_of_another_script():
    line = error_line('run_l2.py', '--recipe', 'texture')
    assert '--recipe: it has settings that run_l2.py does not' in line, line
