"""Communication between devices as XLA's programs have it, and the model of larger machines."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import get_all_params

from experiments.benchmarking.communication import bytes_of, communication
from experiments.benchmarking.prediction import step_ms
from ift6266.backends import Backend, use_devices
from ift6266.networks import GENERATORS
from tests.backends.xla.support import require_jax
from tests.support import PROJECT, run_script


def test_sizes_in_a_program():
    assert bytes_of('f32[96,64]{1,0}') == 4 * 96 * 64
    assert bytes_of('(f32[3]{0}, f64[], s8[2,2]{1,0})') == 12 + 8 + 4


def test_one_device_does_not_communicate():
    require_jax()
    use_devices(1)
    x, total = T.fmatrix(), theano.shared(np.float32(0))
    function = Backend('xla').compile([x], [], 'sum', updates=[(total, total + x.sum())])
    found = communication(function, [np.ones((4, 3), 'float32')], 1)
    assert found == {'times': 0, 'bytes': 0}


PROGRAM = """
import json
from ift6266.backends import use_devices
from experiments.benchmarking import ours, share
for devices in (2, 4):
    use_devices(devices)
    ours.l2.cache_clear()
    print(json.dumps(share.step_communication('l2 step', 4)))
"""


def test_a_step_on_two_and_four_devices():
    require_jax()
    printed = subprocess.check_output(
        [sys.executable, '-c', PROGRAM],
        cwd=str(PROJECT),
        env={**os.environ, 'XLA_FLAGS': '--xla_force_host_platform_device_count=4'},
    )
    two, four = map(json.loads, printed.splitlines())
    # The gradient of each parameter is added up once, and little else.
    params = get_all_params(GENERATORS['generator'](), trainable=True)
    size = sum(param.get_value().nbytes for param in params)
    assert size < two['bytes'] < 1.02 * size, (two, size)
    # The statistics of each device's rows are sent to all, and grow with the number of devices.
    assert two['times'] == four['times']
    assert np.isclose(four['bytes'], 1.5 * two['bytes'], rtol=1e-2), (two, four)


def test_the_model():
    """By hand: 3 ms on one device, (1 + 0.25 · 8 / 4) + 10 · 4 · 0.1 + 1.5 on four."""
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
    assert np.isclose(step_ms(devices=4, **step), 1.5 + 4 + 1.5)


def table_in_the_page():
    """Efficiencies in docs/scaling.md by kind of step, minibatch of a GPU, network and GPUs."""
    page = (PROJECT / 'docs' / 'scaling.md').read_text()
    table = page[page.index('| | GPUs |') :].split('\n\n')[0].splitlines()
    numbers = [cell.strip() for cell in table[0].split('|')[3:-1]]
    found, what = {}, None
    for line in table[2:]:
        label, row, *cells = [cell.strip() for cell in line.split('|')[1:-1]]
        what = label or what
        if 'epoch' not in row:
            kind, batch = re.match(r'(\w+), (\d+) each', what).groups()
            network = row.split()[-1]
            found.update({
                (kind, int(batch), network, int(gpus)): float(cell)
                for gpus, cell in zip(numbers, cells)
                if cell
            })
    return found


def test_predictions_are_those_of_the_page():
    status, printed, stderr = run_script('scaling.py', '--predict', '--json')
    assert status == 0, stderr
    predicted = {}
    for row in json.loads(printed):
        kind, network = row['what'].split()[0].upper(), row['network'].split()[-1]
        predicted[kind, row['batch_of_one'], network, row['gpus']] = row
    efficiencies = table_in_the_page()
    assert len(efficiencies) == 34, efficiencies
    for key, efficiency in efficiencies.items():
        assert abs(predicted[key]['efficiency'] - efficiency) <= 0.005, key
    # An epoch on one GPU: 2,586 steps of 3.004 ms.
    assert np.isclose(predicted['L2', 32, 'InfiniBand', 1]['epoch_seconds'], 7.77, atol=0.01)
