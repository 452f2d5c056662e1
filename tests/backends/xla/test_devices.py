"""Minibatches split over several devices, which are one processor here."""

import os
import subprocess
import sys
from unittest.mock import patch

import numpy as np
import theano
import theano.tensor as T

from ift6266.backends import Backend, use_devices
from ift6266.backends.xla.addresses import free_port
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401
from tests.experiments.test_training_scripts import error_line
from tests.support import PROJECT, in_folder, input_error

FOUR = {'XLA_FLAGS': '--xla_force_host_platform_device_count=4'}


def many_devices(*arguments, **environment):
    """The program of that name, started."""
    return subprocess.Popen(
        [sys.executable, '-m', 'tests.backends.xla.many_devices', *map(str, arguments)],
        cwd=str(PROJECT),
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        universal_newlines=True,
    )


@in_folder
def test_the_same_result_on_many(folder):
    """One and four devices; two processes of two devices each."""
    one, port = os.path.join(folder, 'one.npz'), free_port()
    printed = many_devices(one, **FOUR).communicate()[0].split()
    processes = [many_devices(one, port, rank) for rank in range(2)]
    printed += [line for process in processes for line in process.communicate()[0].split()]
    assert len(printed) == 3 and max(map(float, printed)) <= 1e-6, printed


def test_an_array_of_the_caller_is_not_overwritten():
    use_devices(1)
    for shape in ((3,), (64, 1024)):
        array = np.ones(shape, 'float32')
        variable = theano.shared(array, borrow=True)
        step = Backend('xla').compile([], [], 'step', updates=[(variable, variable + 1)])
        step()
        step()
        np.testing.assert_array_equal(array, 1)
        np.testing.assert_array_equal(variable.get_value(), 3)


def test_what_is_refused():
    line = input_error(use_devices, 4096)
    assert 'no device number 4096' in line and 'xla_force_host_platform_device_count' in line, line
    assert 'take --backend xla' in error_line('run_l2.py', '--devices', 2)
    assert 'takes --backend xla' in error_line('run_l2.py', '--steps-per-call', 2)
    line = error_line('benchmark.py', '--device', 'gpu', '--backend', 'cpu')
    assert '--device gpu takes --backend xla' in line
    line = error_line('run_l2.py', '--backend', 'xla', '--devices', 3)
    assert 'a minibatch of 32 does not divide by 3 devices' in line, line
    assert 'there is no device' in error_line('run_l2.py', '--backend', 'xla', '--devices', 32)


def test_no_device():
    with patch('jax.local_devices', side_effect=RuntimeError('No visible\nGPU (or so)')):
        line = input_error(use_devices, 1)
    assert 'No visible GPU; JAX_PLATFORMS=cpu' in line, line


def test_what_does_not_divide_is_whole():
    """On one device here, as on many: shapes are those of the arguments."""
    use_devices(1)
    x = T.fmatrix()
    double = Backend('xla').compile([x], 2 * x, 'doubling')
    for pictures in (0, 1, 3):
        array = np.ones((pictures, 2), 'float32')
        np.testing.assert_array_equal(double(array), 2 * array)
