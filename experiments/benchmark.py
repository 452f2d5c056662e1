"""Time this project by each backend and, with --against torch, the same in PyTorch.

Every backend, and every form of PyTorch (eager, channels last, torch.compile), has a process
of its own with as many threads as there are cores (or OMP_NUM_THREADS), and they take turns.
A ratio is the time of PyTorch's best form for the row, divided by ours: the median of paired
rounds. Run nothing else on the machine meanwhile.
"""

import json
import platform
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib import metadata, util

from benchmarking.columns import aligned
from benchmarking.environment import ENVIRONMENT  # first: the next two change the variables
from benchmarking.shapes import SHAPES
from options import COUNT, Parser, run

from ift6266.backends import BACKENDS, PRECISIONS, backend_name
from ift6266.errors import InputError

ROWS = (
    'critic step',
    'generator step',
    'wgan iteration',
    'l2 step',
    'inference',
    'caption wgan iteration',
    'stream',
    'peak memory',
    'first update warm',
    'first update cold',
)
FORMS = ('eager', 'channels last', 'compile', 'reduce overhead')
# Environment variables by which ours and PyTorch compute there.
DEVICES = {'cpu': {'JAX_PLATFORMS': 'cpu'}, 'gpu': {'BENCHMARK_DEVICE': 'cuda'}}
DISTURBED = 0.05  # the share of the cores' time for other programs that is worth a note
# How long these rows take, with another row as the unit: for the time left.
WEIGHTS = {'first update cold': 5, 'first update warm': 4, 'peak memory': 2}


def main():
    parser = Parser(__doc__, epilog=f'Rows: {", ".join(ROWS)}.')
    add = parser.add_argument
    add(
        '--device',
        choices=('cpu', 'gpu'),
        default='cpu',
        help='a GPU takes the backend xla, and times copies to it as well',
    )
    add('--against', choices=('torch',), help='what to compare with')
    add(
        '--backend',
        nargs='+',
        type=backend_name,
        choices=BACKENDS[1:],
        metavar='NAME',
        help=f'{" or ".join(BACKENDS[1:])}; by default all that can run here',
    )
    add(
        '--precision',
        choices=PRECISIONS,
        default='float32',
        help='of the products, ours and those of PyTorch',
    )
    add(
        '--rows',
        nargs='+',
        choices=(*ROWS, *SHAPES),
        metavar='WHAT',
        help='in quotes, such as "l2 step"; by default all of those below',
    )
    add(
        '--shapes',
        action='store_true',
        help="convolutions with both gradients, in shapes of the report's and others' networks",
    )
    add(
        '--batch-size',
        nargs='+',
        type=COUNT,
        metavar='N',
        help='pictures in a minibatch; by default 32, and 1 as well for inference',
    )
    add('--repeats', type=COUNT, default=5, metavar='N', help='rounds of each row')
    add('--json', action='store_true', help='print one JSON object, not a table')
    args = parser.parse_args()
    if args.device == 'gpu':
        args.backend = args.backend or ['xla']
        if args.backend != ['xla']:
            raise InputError('--device gpu takes --backend xla')
    if args.against and not util.find_spec('torch'):
        raise InputError('PyTorch is not installed: .venv/bin/pip install torch==2.13.0')
    report = measure(args)
    print(json.dumps(report) if args.json else table(report))


def measure(args: Namespace) -> dict:
    """The report: the machine, a dict for each row and backend, and what was left out."""
    from benchmarking.others import seconds_so_far, share_of_others
    from benchmarking.rows import Rows
    from joblib import cpu_count
    from tqdm import tqdm

    environment = {'OMP_NUM_THREADS': str(cpu_count()), **DEVICES[args.device], **ENVIRONMENT}
    plan = [
        (what, batch)
        for what in args.rows or (SHAPES if args.shapes else ROWS)
        for batch in args.batch_size or ([1, 32] if what == 'inference' else [32])
    ]
    rows, notes = [], []

    def note(text):
        notes.append(text)
        tqdm.write(text, file=sys.stderr)

    before = seconds_so_far()
    with ExitStack() as stack:
        bar = stack.enter_context(
            tqdm(
                total=sum(WEIGHTS.get(what, 1) for what, _ in plan),
                leave=False,
                disable=None,
                bar_format='{percentage:.0f} % done in {elapsed}, {remaining} left; {desc}',
            )
        )
        processes = start_processes(args, environment=environment, stack=stack, note=note)
        measured = Rows(
            processes,
            environment=environment,
            precision=args.precision,
            repeats=args.repeats,
            show=bar.set_description_str,
            note=note,
        )
        for what, batch in plan:
            rows += measured.measure(what, batch)
            bar.update(WEIGHTS.get(what, 1))
    others = share_of_others(before, seconds_so_far())
    if others > DISTURBED:
        note(
            f"other programs took {others:.0%} of the cores' time: neither times nor ratios are "
            'those of a quiet machine'
        )
    machine = {
        **describe_machine(),
        'device': card() if args.device == 'gpu' else 'cpu',
        'threads': environment['OMP_NUM_THREADS'],
        'peak_gflop_per_second': measured.peak,
        'busy_with_others': others,
    }
    return {'machine': machine, 'rows': rows, 'notes': notes}


def start_processes(
    args: Namespace, *, environment: dict[str, str], stack: ExitStack, note: Callable[[str], None]
) -> dict:
    """A process for every backend that can run, and every form of PyTorch if asked for."""
    from benchmarking.process import Process

    new_process = partial(Process, precision=args.precision, environment=environment)
    processes = {}
    for backend in args.backend or BACKENDS[1:]:
        process = stack.enter_context(new_process('ours', backend))
        try:
            process.ask('start')
            processes['ours', backend] = process
        except InputError as error:
            if args.backend:
                raise
            note(str(error))
    if not processes:
        raise InputError('no backend can run here')
    forms = FORMS if args.device == 'gpu' else FORMS[:-1]  # on a processor there are no CUDA graphs
    for form in forms if args.against else ():
        process = stack.enter_context(new_process('pytorch', form))
        process.ask('start')
        processes['pytorch', form] = process
    return processes


def describe_machine() -> dict:
    """What the times depend on."""
    from cpuinfo import get_cpu_info

    processor = get_cpu_info()
    versions = {name: metadata.version(name) for name in ('theano', 'numpy')}
    if util.find_spec('torch'):
        versions['torch'] = metadata.version('torch')
    return {
        'processor': processor.get('brand_raw', platform.processor()),
        'instructions': [
            name
            for name in ('avx2', 'avx512f', 'amx_tile', 'amx_bf16')
            if name in processor.get('flags', ())
        ],
        'system': platform.platform(),
        'python': platform.python_version(),
        **versions,
    }


def card() -> str:
    """The name of the GPU."""
    command = ['nvidia-smi', '--query-gpu=name', '--format=csv,noheader']
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]


def table(report: dict) -> str:
    """The report for people to read."""
    machine = report['machine']
    cells = [
        (
            '',
            'batch',
            'backend',
            'ours',
            'PyTorch',
            'ratio',
            'quartiles',
            'its form',
            'GFLOP',
            'of peak',
        )
    ]
    for row in report['rows']:
        computed = (
            (f'{row["gflop"]:.2f}', f'{row["share_of_peak"]:.0%}') if row['gflop'] else ('', '')
        )
        start = (row['what'], str(row['batch']), row['backend'])
        cells.append((*start, amount(row, ''), *comparison(row, 'torch_', ''), *computed))
        if row.get('notebook_ratio'):
            cells.append((
                '  PyTorch as the notebook',
                *start[1:],
                amount(row, ''),
                *comparison(row, 'torch_notebook_', 'notebook_'),
                '',
                '',
            ))
    place = '' if machine['device'] == 'cpu' else machine['device'] + ' beside '
    return '\n'.join([
        f'{place}{machine["processor"]} ({" ".join(machine["instructions"])}), '
        f'{machine["threads"]} threads, {machine["peak_gflop_per_second"]:.0f} GFLOP/s in a large '
        'matrix product',
        *aligned(cells),
    ])


def amount(row: dict, prefix: str) -> str:
    """The time or memory of a side; empty where there is none."""
    if row.get(prefix + 'mb'):
        return f'{row[prefix + "mb"]:.0f} MB'
    milliseconds = row[prefix + 'ms']
    if milliseconds is None:
        return ''
    return (
        f'{milliseconds / 1000:.2f} s'
        if row['what'].startswith('first')
        else f'{milliseconds:.2f} ms'
    )


def comparison(row: dict, theirs: str, prefix: str) -> tuple[str, ...]:
    """Cells: the peer's amount, ratio, its quartiles, the peer's form."""
    if row[prefix + 'ratio'] is None:
        return 4 * ('',)
    return (
        amount(row, theirs),
        f'{row[prefix + "ratio"]:.2f}',
        ' to '.join(f'{ratio:.2f}' for ratio in row[prefix + 'spread']),
        row[theirs + 'form'],
    )


if __name__ == '__main__':
    run(main)
