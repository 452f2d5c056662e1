"""What is measured of several devices, and the model of more."""

import json
import os
import subprocess
import sys

import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import get_all_params

from experiments.benchmarking.communication import bytes_of, communication
from experiments.benchmarking.prediction import predictions, step_ms
from ift6266.backends import Backend, use_devices
from ift6266.networks import build_generator
from tests.backends.xla.support import require_jax
from tests.support import PROJECT, run_script


def test_sizes_in_a_program():
    assert bytes_of('f32[96,64]{1,0}') == 4 * 96 * 64
    assert bytes_of('(f32[3]{0}, f64[], s8[2,2]{1,0})') == 12 + 8 + 4


def test_one_device_tells_nobody():
    require_jax()
    use_devices(1)
    x, total = T.fmatrix(), theano.shared(np.float32(0))
    function = Backend('xla').compile([x], [], 'sum', updates=[(total, total + x.sum())])
    found = communication(function, [np.ones((4, 3), 'float32')], 1)
    assert found == {'times': 0, 'bytes': 0}


TOLD = """
import json, sys
from ift6266.backends import use_devices
from experiments.benchmarking.share import step_communication
use_devices(int(sys.argv[1]))
print(json.dumps(step_communication('l2 step', 4)))
"""


def communication_on(devices):
    """What so many devices tell each other in an L2 step."""
    flags = {'XLA_FLAGS': '--xla_force_host_platform_device_count=4'}
    return json.loads(
        subprocess.run(
            [sys.executable, '-c', TOLD, str(devices)],
            cwd=str(PROJECT),
            check=True,
            env={**os.environ, **flags},
            stdout=subprocess.PIPE,
        ).stdout
    )


def test_a_step_on_many_devices():
    require_jax()
    alone, two, four = map(communication_on, (1, 2, 4))
    assert alone == {'times': 0, 'bytes': 0}
    # The gradient of each parameter is added up once, and little else.
    params = get_all_params(build_generator(), trainable=True)
    size = sum(param.get_value().nbytes for param in params)
    assert size < two['bytes'] < 1.02 * size, (two, size)
    # The statistics of each part are sent to all, and grow with their number.
    assert two['times'] == four['times']
    assert np.isclose(four['bytes'], 1.5 * two['bytes'], rtol=1e-2), (two, four)


def test_the_model():
    step = {
        'batch': 8,
        'fixed_ms': 1,
        'picture_ms': 0.25,
        'times': 10,
        'summed_bytes': 1e6,
        'latency_ms': 0.1,
        'bytes_per_ms': 1e6,
    }
    assert step_ms(devices=1, **step) == 3
    assert np.isclose(step_ms(devices=4, **step), 1.5 + 10 * 4 * 0.1 + 1.5)
    status, printed, stderr = run_script('scaling.py', '--predict', '--json')
    assert status == 0, stderr
    rows = json.loads(printed)
    assert rows == predictions() and all(0 < row['efficiency'] <= 1 for row in rows)
    assert rows[0]['epoch_seconds'] == 82783 // 32 * rows[0]['ms'] / 1000
