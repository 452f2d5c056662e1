"""Training on several devices and in several processes, as a person starts it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from ift6266.arrays import read_arrays
from ift6266.backends.xla.addresses import free_port
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401
from tests.experiments.test_training_scripts import error_line, wait_for
from tests.support import PROJECT, in_folder
from tests.training.support import save_pictures

FLOAT64 = {'THEANO_FLAGS': f'{os.environ.get("THEANO_FLAGS", "")},floatX=float64'.lstrip(',')}


def start(*arguments, devices=1, environment=()):
    """A run by XLA, on one processor that is so many devices."""
    flags = f'--xla_force_host_platform_device_count={devices}'
    script = str(PROJECT / 'experiments' / 'run_l2.py')
    return subprocess.Popen(
        [sys.executable, script, '--backend', 'xla', *map(str, arguments)],
        env={**os.environ, 'XLA_FLAGS': flags, **dict(environment)},
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def start_two(run, *arguments, second=(), **options):
    """A run in two processes, of which the second has arguments of its own and writes nothing."""
    cluster = '--coordinator', f'localhost:{free_port()}', '--processes', 2, '--process'
    return [
        start(*cluster, rank, '--output', output, *arguments, *more, **options)
        for rank, output, more in ((0, run, ()), (1, f'{run}-absent', second))
    ]


def ended(processes):
    """Their exit statuses, and the last line of each on stderr."""
    errors = [process.communicate()[1] for process in processes]
    return [process.returncode for process in processes], [text.splitlines()[-1] for text in errors]


def complete(processes):
    statuses, lines = ended(processes)
    assert statuses == [0] * len(processes), lines


@in_folder
def test_a_run_continues_on_any_devices(folder):
    """Begun on four devices and continued in two processes, it ends as on one device."""
    run, whole = Path(folder, 'run'), Path(folder, 'whole')
    options = '--dataset', save_pictures(folder), '--limit', 16, '--batch-size', 8
    complete([start(*options, '--epochs', 2, '--output', whole, environment=FLOAT64)])
    first = (*options, '--epochs', 1, '--output', run, '--devices', 4)
    complete([start(*first, devices=4, environment=FLOAT64)])
    complete(start_two(run, '--resume', '--epochs', 2, environment=FLOAT64))
    assert sorted(os.listdir(folder)) == ['run', 'smooth.hdf5', 'whole']

    found, expected = [
        [json.loads(line) for line in (path / 'log.jsonl').read_text().splitlines()]
        for path in (run, whole)
    ]
    for name in ('train_mse', 'valid_mse'):
        np.testing.assert_allclose(
            [record[name] for record in found], [record[name] for record in expected], 1e-6
        )
    found, expected = [read_arrays(path / 'checkpoint.npz') for path in (run, whole)]
    assert found.keys() == expected.keys()
    for name in found.keys() - {'progress'}:
        scale = np.abs(expected[name]).max()
        np.testing.assert_allclose(found[name], expected[name], 0, 1e-6 * scale, err_msg=name)


@in_folder
def test_a_lost_process_and_a_signal(folder):
    run = Path(folder, 'run')
    options = ('--dataset', save_pictures(folder), '--batch-size', 4, '--epochs', 300)
    first, second = start_two(run, *options)
    wait_for(run / 'samples' / 'epoch_001.png')
    line = error_line('run_l2.py', '--resume', '--output', run)
    assert 'writes to it' in line, line
    second.kill()
    killed = time.time()
    (status, _), (line, _) = ended([first, second])
    assert time.time() - killed < 60
    assert status == 1 and 'lost' in line and '--resume' in line, line

    first, second = start_two(run, '--resume')
    before = (run / 'log.jsonl').stat().st_mtime_ns
    while (run / 'log.jsonl').stat().st_mtime_ns == before and first.poll() is None:
        time.sleep(0.1)
    second.send_signal(signal.SIGTERM)
    statuses, lines = ended([first, second])
    assert statuses == [128 + signal.SIGTERM] * 2, lines
    assert 'stopped and saved' in lines[0], lines


@in_folder
def test_what_differs_between_processes(folder):
    """An option, a data set, a data set that only one of them has."""
    run, data = Path(folder, 'run'), save_pictures(folder)
    Path(folder, 'others').mkdir()
    other = save_pictures(os.path.join(folder, 'others'), seed=1)
    for second, expected in (
        (('--seed', 2), 'differs from process 0 in --seed: 2, not 1'),
        (('--dataset', other), 'in the digest of the pictures in train'),
        (('--dataset', 'absent'), "no data set 'absent'"),
    ):
        options = '--dataset', data, '--batch-size', 8
        statuses, lines = ended(start_two(run, *options, second=second))
        assert statuses == [1, 1], lines
        assert all(expected in line for line in lines), lines
        assert not run.exists()


def test_options():
    for options, expected in (
        (('--process', 1), 'take each other'),
        (('--hosts', '--process', 1), '--hosts asks for what'),
        (('--hosts',), 'neither SLURM nor Open MPI'),
        (('--coordinator', 'x', '--process', 0, '--processes', 2), 'is not HOST:PORT'),
        (('--coordinator', 'x:1', '--process', 2, '--processes', 2), 'is not below'),
    ):
        assert expected in error_line('run_l2.py', *options), options
