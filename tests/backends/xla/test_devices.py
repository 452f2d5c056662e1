"""Minibatches split over several devices, which a processor pretends to be."""
import json
import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import theano.tensor as T

from ift6266.backends import compile_function, use_devices
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401
from tests.experiments.test_training_scripts import error_line
from tests.support import PROJECT, in_folder, input_error, run_script
from tests.training.support import save_pictures

FOUR = {'XLA_FLAGS': '--xla_force_host_platform_device_count=4'}


def test_the_same_result_on_one_two_and_four():
    printed = subprocess.run(
        [sys.executable, '-m', 'tests.backends.xla.many_devices'], cwd=str(PROJECT), check=True,
        env={**os.environ, **FOUR}, stdout=subprocess.PIPE, universal_newlines=True).stdout
    differences = list(map(float, printed.split()))
    assert len(differences) == 2 and max(differences) <= 1e-6, differences


@in_folder
def test_a_run_goes_on_with_fewer_devices(folder):
    run = Path(folder, 'run')
    options = ('--dataset', save_pictures(folder), '--batch-size', 8, '--backend', 'xla',
               '--output', run)
    with patch.dict(os.environ, FOUR):
        status, _, stderr = run_script('run_l2.py', *options, '--epochs', 1, '--devices', 4)
        assert status == 0, stderr
        status, _, stderr = run_script('run_l2.py', '--resume', '--output', run, '--epochs', 2,
                                       '--devices', 2)
        assert status == 0, stderr
    assert len((run / 'log.jsonl').read_text().splitlines()) == 2
    assert json.loads((run / 'config.json').read_text())['devices'] == 2


def test_what_is_refused():
    line = input_error(use_devices, 4096)
    assert 'no device number 4096' in line and 'xla_force_host_platform_device_count' in line, line
    assert '--devices 2 takes --backend xla' in error_line('run_l2.py', '--devices', 2)
    line = error_line('run_l2.py', '--backend', 'xla', '--devices', 3)
    assert 'a minibatch of 32 does not divide by 3 devices' in line, line
    assert 'there is no device' in error_line('run_l2.py', '--backend', 'xla', '--devices', 32)


def test_what_does_not_divide_is_whole():
    """On one device here, as on many: shapes are those of the arguments."""
    use_devices(1)
    x = T.fmatrix()
    double = compile_function([x], 2 * x, 'xla', 'doubling')
    for pictures in (0, 1, 3):
        array = np.ones((pictures, 2), 'float32')
        np.testing.assert_array_equal(double(array), 2 * array)
