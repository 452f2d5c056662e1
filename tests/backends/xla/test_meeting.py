"""Several processes on one host, which meet, agree and part."""

import json
import os
import socket
import subprocess
import sys
import time

from ift6266.backends.xla.meeting import free_port
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401
from tests.support import PROJECT

PROGRAM = """
import sys
from ift6266.backends.xla.meeting import join
from ift6266.backends.xla.processes import this_process
from ift6266.errors import InputError

try:
    join({}, patience={})
    this = this_process()
    {}
except InputError as error:
    print(error)
    this_process().part()
    sys.exit(1)
this.part()
"""


def start(arguments, body='pass', patience=60, **environment):
    return subprocess.Popen(
        [sys.executable, '-c', PROGRAM.format(arguments, patience, body)],
        cwd=str(PROJECT),
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        universal_newlines=True,
    )


def together(body):
    """What two processes print that meet and run ``body``, and their exit statuses."""
    port = free_port()
    return ended([start(f"'localhost:{port}', {number}, 2", body) for number in range(2)])


def ended(started):
    printed = [process.communicate()[0] for process in started]
    return printed, [process.returncode for process in started]


def refusal(*arguments, **environment):
    """The one line of a process that does not meet the others."""
    process = start(*arguments, patience=1, **environment)
    stdout, stderr = process.communicate()
    assert process.returncode == 1 and not stderr, (process.returncode, stderr)
    (line,) = stdout.splitlines()
    return line


def test_what_they_know_of_each_other():
    printed, statuses = together(
        'print([this.number, this.count, this.greatest(10 - this.number),'
        ' this.from_first(lambda: b"of %d" % this.number).decode(),'
        ' this.rows(6).start, this.rows(6).stop])'
    )
    assert statuses == [0, 0]
    assert [json.loads(line.replace("'", '"')) for line in printed] == [
        [0, 2, 10, 'of 0', 0, 3],
        [1, 2, 10, 'of 0', 3, 6],
    ]


def test_what_they_do_not_agree_on():
    printed, statuses = together('this.agree(lambda: {"same": 1, "number": this.number})')
    assert statuses == [1, 1]
    assert set(printed) == {'process 1 differs from process 0 in number: 1, not 0\n'}


def test_an_error_of_one_ends_both():
    printed, statuses = together(
        'with this.together():\n        if this.number: raise InputError("no file")'
    )
    assert statuses == [1, 1]
    assert printed == ['process 1: no file\n', 'no file\n']


def test_one_that_ends_ends_the_other():
    start_time = time.time()
    printed, statuses = together(
        'import os, signal, time\n'
        '    if this.number:\n'
        '        os.kill(os.getppid(), signal.SIGKILL)\n'
        '        time.sleep(60)\n'
        '    this.greatest(1)'
    )
    assert statuses[0] != 0 and statuses[1] == -9, statuses
    assert time.time() - start_time < 60


def test_one_that_fails_does_not_wait():
    port = free_port()
    other, failing = [
        start(
            f"'localhost:{port}', {number}, 2",
            'import time\n    if this.number: raise ValueError("no luck")\n    time.sleep(60)',
        )
        for number in range(2)
    ]
    assert failing.communicate()[1].splitlines()[-1] == 'ValueError: no luck'
    assert failing.returncode == 1 and other.poll() is None
    other.kill()
    other.communicate()


def test_other_numbers_of_devices():
    port = free_port()
    printed, statuses = ended([
        start(f"'localhost:{port}', {number}, 2, devices={number + 1}") for number in range(2)
    ])
    assert statuses == [1, 1]
    assert printed == [
        'process 1 has 2 devices, and process 0 takes 1; give all the same --devices\n',
        'process 0 has 1 devices, and process 1 takes 2; give all the same --devices\n',
    ], printed


def test_nobody_there():
    line = refusal(f"'localhost:{free_port()}', 1, 2")
    assert 'no coordinator at localhost' in line and 'start process 0' in line, line
    assert 'no coordinator at nowhere.invalid' in refusal("'nowhere.invalid:80', 1, 2")
    line = refusal(f"'localhost:{free_port()}', 0, 2")
    assert 'not all of 2 processes came' in line, line


def test_somebody_else_there():
    with socket.socket() as other:
        other.bind(('', 0))
        other.listen()
        address = f"'localhost:{other.getsockname()[1]}'"
        assert 'choose another' in refusal(address + ', 0, 2')
        assert 'not all of 2 processes came' in refusal(address + ', 1, 2')


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
    for job, rank in ((slurm, 'SLURM_PROCID'), (open_mpi, 'OMPI_COMM_WORLD_RANK')):
        printed, statuses = ended([
            start(
                'None, None, None', 'print(this.number, this.count)', **job, **{rank: str(number)}
            )
            for number in range(2)
        ])
        assert (printed, statuses) == (['0 2\n', '1 2\n'], [0, 0]), (rank, printed)
    assert 'neither SLURM nor Open MPI' in refusal('None, None, None')
    assert 'by srun or mpirun' in refusal('None, None, None', SLURM_JOB_ID='1')
