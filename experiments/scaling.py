"""Measure training by XLA on several devices and in several processes of this machine.

Times are medians of steps on the same minibatches, in float32: by one device, which has all cores;
by two and four, which share them; and by two processes, which talk over the loopback network. What
they take beyond one device is what splitting costs. Leave the machine alone meanwhile.
With --predict a model, which docs/scaling.md explains, tells the same of machines with GPUs.
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarking.columns import aligned
from benchmarking.environment import ENVIRONMENT
from options import COUNT, Parser, run

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
        from benchmarking.prediction import predictions

        rows = predictions()
    else:
        from tqdm import tqdm

        settings = tqdm(SETTINGS, unit=' settings', leave=False, disable=None)
        rows = [row for setting in settings for row in measure(*setting, options.batch_size)]
    print(json.dumps(rows) if options.json else table(rows))


def measure(processes, devices, batches):
    """A dict for each kind of step and batch size."""
    address = f'localhost:{free_port()}'
    flags = f'--xla_force_host_platform_device_count={devices if processes == 1 else 1}'
    started = []
    for number in range(processes):
        meeting = [address, str(number), str(processes)] if processes > 1 else []
        started.append(
            subprocess.Popen(
                [
                    sys.executable,
                    '-m',
                    'benchmarking.share',
                    json.dumps(batches),
                    str(devices),
                    *meeting,
                ],
                cwd=str(Path(__file__).parent),
                env={**ENVIRONMENT, 'XLA_FLAGS': flags},
                stdout=subprocess.PIPE,
                universal_newlines=True,
            )
        )
    printed = [process.stdout.read() for process in started]
    if any(process.wait() for process in started):
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


def table(rows):
    """The rows for people to read: a column for each entry."""

    def text(value):
        return f'{value:.3g}' if isinstance(value, float) else str(value)

    return '\n'.join(
        aligned([list(rows[0]), *([text(value) for value in row.values()] for row in rows)])
    )


if __name__ == '__main__':
    run(main)
