"""Several processes on one host, which connect to each other, and lose each other."""

import json
import os
import socket
import subprocess
import sys
import time

from ift6266.backends.xla.addresses import free_port
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401
from tests.support import PROJECT

PROGRAM = """
import json, os, signal, sys, time
from ift6266.backends.xla.cluster import join
from ift6266.distributed import this_process
from ift6266.errors import InputError

try:
    join(**{options})
    this = this_process()
{body}
except InputError as error:
    print(error)
    this_process().leave()
    sys.exit(1)
this.leave()
"""


def start(body='pass', environment=(), **options):
    """A process that joins others by the ``options`` of :func:`join`, then runs ``body``."""
    lines = ''.join(f'    {line}\n' for line in body.splitlines())
    return subprocess.Popen(
        [sys.executable, '-c', PROGRAM.format(options=options, body=lines)],
        cwd=str(PROJECT),
        env={**os.environ, **dict(environment)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def start_two(body='pass', devices=(1, 1)):
    coordinator = f'localhost:{free_port()}'
    return [
        start(body, coordinator=coordinator, rank=rank, world_size=2, devices=devices[rank])
        for rank in range(2)
    ]


def ended(started):
    """What the processes print, and their exit statuses."""
    printed = [process.communicate()[0] for process in started]
    return printed, [process.returncode for process in started]


def refusal(environment=(), **options):
    """The one line of a process that cannot join the others."""
    process = start(environment=environment, timeout=1, **options)
    stdout, stderr = process.communicate()
    assert process.returncode == 1 and not stderr, (process.returncode, stderr)
    (line,) = stdout.splitlines()
    return line


def test_two_processes():
    """What tests/test_distributed.py shows of each method, here once through the network."""
    printed, statuses = ended(
        start_two(
            'text = this.broadcast(lambda: b"of %d" % this.rank).decode()\n'
            'print(json.dumps([this.rank, this.world_size, this.num_devices, text]))\n'
            'with this.barrier():\n'
            '    if this.rank: raise InputError("no file")'
        )
    )
    assert statuses == [1, 1]
    (first, first_error), (second, second_error) = map(str.splitlines, printed)
    assert [json.loads(first), json.loads(second)] == [[0, 2, 2, 'of 0'], [1, 2, 2, 'of 0']]
    assert [first_error, second_error] == ['process 1: no file', 'no file']


def test_one_that_ends_ends_the_other():
    start_time = time.time()
    _, statuses = ended(
        start_two(
            'if this.rank:\n'
            '    os.kill(os.getppid(), signal.SIGKILL)\n'
            '    time.sleep(60)\n'
            'this.maximum(1)'
        )
    )
    assert statuses[0] != 0 and statuses[1] == -9, statuses
    assert time.time() - start_time < 60


def test_one_that_fails_does_not_wait():
    other, failing = start_two('if this.rank: raise ValueError("no luck")\ntime.sleep(60)')
    assert failing.communicate()[1].splitlines()[-1] == 'ValueError: no luck'
    assert failing.returncode == 1 and other.poll() is None
    other.kill()
    other.communicate()


def test_other_numbers_of_devices():
    printed, statuses = ended(start_two(devices=(1, 2)))
    assert statuses == [1, 1]
    assert printed == [
        'process 1 has 2 devices, and process 0 takes 1; give all the same --devices\n',
        'process 0 has 1 devices, and process 1 takes 2; give all the same --devices\n',
    ], printed


def test_no_coordinator():
    second = {'rank': 1, 'world_size': 2}
    line = refusal(coordinator=f'localhost:{free_port()}', **second)
    assert 'no coordinator at localhost' in line and 'start process 0' in line, line
    line = refusal(coordinator='nowhere.invalid:80', **second)
    assert 'no coordinator at nowhere.invalid' in line, line


def test_no_other_process():
    line = refusal(coordinator=f'localhost:{free_port()}', rank=0, world_size=2)
    assert 'not all of 2 processes came' in line, line


def test_another_program_at_the_port():
    with socket.socket() as other:
        other.bind(('', 0))
        other.listen()
        options = {'coordinator': f'localhost:{other.getsockname()[1]}', 'world_size': 2}
        assert 'choose another' in refusal(rank=0, **options)
        assert 'not all of 2 processes came' in refusal(rank=1, **options)


def test_clusters():
    """As SLURM and Open MPI would start them; both take the port from the number of the job."""
    job = os.getpid() % 4096
    slurm = {
        'SLURM_JOB_ID': str(job),
        'SLURM_STEP_NODELIST': 'localhost',
        'SLURM_NTASKS': '2',
        'SLURM_LOCALID': '0',
    }
    open_mpi = {
        'OMPI_MCA_orte_hnp_uri': f'{4096 * (job + 1)}.0;tcp://127.0.0.1:1',
        'OMPI_COMM_WORLD_SIZE': '2',
        'OMPI_COMM_WORLD_LOCAL_RANK': '0',
    }
    for variables, rank in ((slurm, 'SLURM_PROCID'), (open_mpi, 'OMPI_COMM_WORLD_RANK')):
        printed, statuses = ended([
            start('print(this.rank, this.world_size)', {**variables, rank: str(number)})
            for number in range(2)
        ])
        assert (printed, statuses) == (['0 2\n', '1 2\n'], [0, 0]), (rank, printed)
    assert 'neither SLURM nor Open MPI' in refusal()
    assert 'by srun or mpirun' in refusal({'SLURM_JOB_ID': '1'})
