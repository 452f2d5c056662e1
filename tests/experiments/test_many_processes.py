"""Training on photographs on several devices and in several processes, as a person starts it."""

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

PHOTOS = ('--dataset', 'photos', '--limit', 16, '--hold-out', 8, '--batch-size', 8)


def start(script, *arguments, devices=1):
    """A script that trains by XLA, on a processor that pretends to be so many."""
    flags = f'--xla_force_host_platform_device_count={devices}'
    return subprocess.Popen(
        [
            sys.executable,
            str(PROJECT / 'experiments' / script),
            '--backend',
            'xla',
            *map(str, arguments),
        ],
        env={**os.environ, 'XLA_FLAGS': flags},
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def start_two(script, run, *arguments, second=()):
    """The same in two processes, of which the other writes nothing; ``second`` is for it alone."""
    address = f'localhost:{free_port()}'
    return [
        start(
            script,
            '--coordinator',
            address,
            '--processes',
            2,
            '--process',
            number,
            '--output',
            output,
            *arguments,
            *more,
        )
        for number, output, more in ((0, run, ()), (1, str(run) + '-absent', second))
    ]


def ended(processes):
    """Their exit statuses, and the last line of each on stderr."""
    told = [process.communicate()[1] for process in processes]
    return [process.returncode for process in processes], [text.splitlines()[-1] for text in told]


@in_folder
def test_runs_go_on_anywhere(folder):
    """Begun in two processes, then on four devices, then in two processes again."""
    run, whole = Path(folder, 'run'), Path(folder, 'whole')
    statuses, lines = ended(
        start_two('run_gan.py', run, *PHOTOS, '--critic-steps', 1, '--epochs', 1)
    )
    assert statuses == [0, 0], lines
    more = '--resume', '--epochs'
    statuses, lines = ended([
        start('run_gan.py', '--output', run, *more, 2, '--devices', 4, devices=4)
    ])
    assert statuses == [0], lines
    statuses, lines = ended(start_two('run_gan.py', run, *more, 3))
    assert statuses == [0, 0], lines
    assert os.listdir(folder) == ['run']

    statuses, lines = ended([
        start('run_gan.py', *PHOTOS, '--critic-steps', 1, '--epochs', 3, '--output', whole)
    ])
    assert statuses == [0], lines
    first, second = [
        [json.loads(line) for line in (path / 'log.jsonl').read_text().splitlines()]
        for path in (run, whole)
    ]
    assert len(first) == len(second) == 3
    for one, other in zip(first, second):
        np.testing.assert_allclose(one['train_mse'], other['train_mse'], rtol=1e-2)
    first, second = [read_arrays(path / 'checkpoint.npz') for path in (run, whole)]
    assert set(first) == set(second)


@in_folder
def test_a_lost_host_and_a_stop(folder):
    run = Path(folder, 'run')
    options = ('--dataset', save_pictures(folder), '--batch-size', 4, '--epochs', 300)
    first, second = start_two('run_l2.py', run, *options)
    wait_for(run / 'samples' / 'epoch_001.png')
    line = error_line('run_l2.py', '--resume', '--output', run)
    assert 'writes to it' in line, line
    second.kill()
    killed = time.time()
    (status, _), (line, _) = ended([first, second])
    assert time.time() - killed < 60
    assert status == 1 and 'lost' in line and '--resume' in line, line

    first, second = start_two('run_l2.py', run, '--resume')
    before = (run / 'log.jsonl').stat().st_mtime_ns
    while (run / 'log.jsonl').stat().st_mtime_ns == before and first.poll() is None:
        time.sleep(0.1)
    second.send_signal(signal.SIGTERM)
    statuses, lines = ended([first, second])
    assert statuses == [128 + signal.SIGTERM] * 2, lines
    assert 'stopped and saved' in lines[0], lines


@in_folder
def test_disagreement(folder):
    run, data = Path(folder, 'run'), save_pictures(folder)
    Path(folder, 'others').mkdir()
    other = save_pictures(os.path.join(folder, 'others'), seed=1)
    options = ('--dataset', data, '--batch-size', 8)
    for second, expected in (
        (('--seed', 2), 'differs from process 0 in --seed: 2, not 1'),
        (('--dataset', other), 'in the digest of the pictures in train'),
        (('--dataset', 'absent'), "no data set 'absent'"),
        (('--batch-size', 5), 'does not divide by 2 devices'),
        (('--generator', 'l2'), 'in --generator: a file, not None'),
    ):
        statuses, lines = ended(start_two('run_l2.py', run, *options, second=second))
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
