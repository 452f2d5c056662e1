"""Measure training by XLA on several devices and in several processes of this machine.

Times are medians of steps on the same minibatches, in float32: on one device, which has all cores;
on two and four, which share them; and in two processes, which communicate over the loopback
network. What they take beyond one device is the cost of splitting. Leave the machine alone
meanwhile. With --predict a model, which docs/scaling.md explains, estimates the same for GPUs.
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarking.columns import aligned
from benchmarking.environment import ENVIRONMENT
from benchmarking.prediction import predictions
from options import COUNT, Parser, run
from tqdm import tqdm

from ift6266.backends.xla.addresses import free_port
from ift6266.errors import InputError

SETTINGS = ((1, 1), (1, 2), (1, 4), (2, 1), (2, 2))  # processes, devices of each


def main():
    parser = Parser(__doc__)
    add = parser.add_argument
    add(
        '--batch-size',
        nargs='+',
        type=COUNT,
        default=[32, 128],
        metavar='N',
        help='pictures in a minibatch, over all devices',
    )
    add('--predict', action='store_true', help='print what the model says, and measure nothing')
    add('--json', action='store_true', help='print one JSON object, not a table')
    options = parser.parse_args()
    if options.predict:
        rows = predictions()
    else:
        settings = tqdm(SETTINGS, unit=' settings', leave=False, disable=None)
        rows = [row for setting in settings for row in measure(*setting, options.batch_size)]
    print(json.dumps(rows) if options.json else table(rows))


def measure(processes: int, devices: int, batches: list[int]) -> list[dict]:
    """A dict for each kind of step and batch size; see :func:`benchmarking.share.measure`."""
    coordinator = f'localhost:{free_port()}'
    started = [
        start(devices, batches, [coordinator, str(rank), str(processes)] if processes > 1 else [])
        for rank in range(processes)
    ]
    printed = [process.stdout.read() for process in started]
    if max(process.wait() for process in started):
        raise InputError(f'{processes} processes of {devices} devices could not be measured')
    report = json.loads(printed[0])
    return [
        {
            'processes': processes,
            'devices': devices,
            **step,
            'sum_small_ms': report['small'],
            'sum_large_ms': report['large'],
        }
        for step in report['steps']
    ]


def start(devices: int, batches: list[int], cluster: list[str]) -> subprocess.Popen:
    """A process of :mod:`benchmarking.share`, alone or in a ``cluster``."""
    flags = f'--xla_force_host_platform_device_count={1 if cluster else devices}'
    share = '-m', 'benchmarking.share', json.dumps(batches), str(devices)
    return subprocess.Popen(
        [sys.executable, *share, *cluster],
        cwd=str(Path(__file__).parent),
        env={**ENVIRONMENT, 'XLA_FLAGS': flags},
        stdout=subprocess.PIPE,
        universal_newlines=True,
    )


def table(rows: list[dict]) -> str:
    """The rows for people to read: a column for each entry."""

    def text(value):
        return f'{value:.3g}' if isinstance(value, float) else str(value)

    cells = [[text(value) for value in row.values()] for row in rows]
    return '\n'.join(aligned([list(rows[0]), *cells]))


if __name__ == '__main__':
    run(main)
