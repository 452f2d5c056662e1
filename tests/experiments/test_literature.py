"""literature.py as a person runs it: what there is, refusals, a run that is stopped and goes on."""

import signal
from pathlib import Path

import numpy as np
from nose.tools import assert_equal

from experiments.literature import VARIANTS
from ift6266.arrays import read_arrays
from tests.experiments.test_training_scripts import RUN_FILES, error_line, start, wait_for
from tests.support import PROJECT, in_folder, run_script
from tests.training.support import save_pictures


def test_every_module_is_a_variant():
    folder = PROJECT / 'experiments' / 'literature'
    modules = {path.stem for path in folder.glob('*.py')} - {'__init__', 'variant'}
    assert_equal(modules, set(VARIANTS))


def test_the_list_has_a_line_on_each():
    status, stdout, stderr = run_script('literature.py', '--list')
    assert status == 0 and not stderr, stderr
    assert_equal([line.split()[0] for line in stdout.splitlines()], list(VARIANTS))
    assert 'Pathak et al. 2016' in stdout


def test_costs():
    """The report's by hand in test_benchmark.py; a Context Encoder's parameters layer by layer."""
    status, stdout, stderr = run_script('literature.py', '--costs')
    assert status == 0 and not stderr, stderr
    costs = {line.split()[0]: line.split()[1:] for line in stdout.splitlines()[1:]}
    assert_equal(list(costs), list(VARIANTS))
    assert_equal(costs['report_l2'], ['729,536', '0', '32', '6.9'])
    filters = 16 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 4000)
    filters += 16 * (4000 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64 * 3)
    shifts = 64 + 2 * (128 + 256 + 512 + 4000 + 512 + 256 + 128 + 64)
    assert_equal(costs['context_encoder'][0], f'{filters + shifts:,}')


def test_help_is_that_of_the_variant():
    for variant, words in (
        ('context_encoder', ('0.999 L2', '(default: 64)', '--critic-learning-rate')),
        ('wgan', ('RMSProp', '(default: 5e-05)', '(default: 100)')),
    ):
        status, stdout, _ = run_script('literature.py', '--variant', variant, '--help')
        assert status == 0
        for each in words:
            assert each in stdout, (variant, each)
    status, stdout, _ = run_script('literature.py', '--help')
    assert status == 0 and '--list' in stdout


def test_refusals():
    assert 'takes one of autoencoder, ' in error_line('literature.py', '--epochs', 3)
    assert 'gan' in error_line('literature.py', '--variant', 'gan')
    line = error_line('literature.py', '--variant', 'unet', '--critic-steps', 5)
    assert '--critic-steps' in line, line


@in_folder
def test_a_stopped_run_goes_on_to_the_same_parameters(folder):
    data = save_pictures(folder)
    whole, stopped = Path(folder, 'whole'), Path(folder, 'stopped')
    options = ('--variant', 'densenet', '--dataset', data, '--batch-size', 4, '--epochs', 2)
    status, _, stderr = run_script('literature.py', *options, '--output', whole)
    assert status == 0, stderr
    assert_equal(sorted(path.name for path in whole.iterdir()), RUN_FILES)
    process = start('literature.py', *options, '--output', stopped)
    wait_for(stopped / 'checkpoint.npz')
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM, stderr
    line = error_line('literature.py', '--variant', 'unet', '--resume', '--output', stopped)
    assert 'its run has' in line, line
    status, _, stderr = run_script(
        'literature.py', '--variant', 'densenet', '--resume', '--output', stopped
    )
    assert status == 0, stderr
    expected, found = (read_arrays(run / 'checkpoint.npz') for run in (whole, stopped))
    for name in set(expected) - {'progress'}:
        np.testing.assert_array_equal(expected[name], found[name], name)
    evaluated = run_script('evaluate.py', '--model', whole, '--dataset', data, '--json')
    assert_equal(evaluated[0], 0)
