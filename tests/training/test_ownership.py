"""A folder belongs to one process, until that ends."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

from ift6266.training.ownership import Ownership
from tests.support import PROJECT, in_folder, input_error

TAKE = (
    'import os, sys, time; from pathlib import Path; '
    'from ift6266.training.ownership import Ownership; '
    'ownership = Ownership(Path(sys.argv[1])); ownership.take(); print(flush=True); '
)


def owner(folder, then):
    """A process that has taken the folder, and goes on with the code ``then``."""
    process = subprocess.Popen(
        [sys.executable, '-c', TAKE + then, folder],
        cwd=str(PROJECT),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    return process


@in_folder
def test_the_second_is_told_who_has_it(folder):
    first, second = owner(folder, 'sys.stdin.read()'), Ownership(Path(folder))
    try:
        before = os.stat(folder).st_mtime_ns
        found = input_error(second.take)
        assert f'{folder}: process {first.pid} on {os.uname().nodename} since 20' in found, found
        second.release()
        assert os.listdir(folder) == ['.lock'] and os.stat(folder).st_mtime_ns == before
        assert str(first.pid) in input_error(second.take)
    finally:
        first.kill()
        first.communicate()
    assert os.listdir(folder) == ['.lock']
    second.take()  # what kill -9 left is no obstacle
    second.release()
    assert os.listdir(folder) == []


@in_folder
def test_one_that_ends_leaves_nothing(folder):
    first = owner(folder, '')
    first.communicate()
    assert first.returncode == 0 and os.listdir(folder) == []


@in_folder
def test_a_forked_child_does_not_own_it(folder):
    """Neither while it lives on, nor when it ends before its parent."""
    process = owner(
        folder,
        'child = os.fork(); child or (os.close(1), time.sleep(60)); '
        'print(child, flush=True); os._exit(0)',
    )
    child = int(process.stdout.readline())  # which the first line may have brought along
    process.communicate()
    again = Ownership(Path(folder))
    try:
        again.take()
    finally:
        os.kill(child, signal.SIGKILL)
    again.release()
    process = owner(
        folder,
        'child = os.fork(); child or sys.exit(); os.waitpid(child, 0); '
        'print(flush=True); time.sleep(60)',
    )
    process.stdout.readline()
    assert str(process.pid) in input_error(again.take)
    process.kill()
    process.communicate()


@in_folder
def test_a_file_system_without_locks(folder):
    ownership = Ownership(Path(folder))
    with (
        patch('fcntl.flock', side_effect=OSError(errno.ENOLCK, 'No locks available')),
        patch('ift6266.training.ownership.logger.warning') as warning,
    ):
        ownership.take()
    assert warning.call_count == 1
    ownership.release()
    assert os.listdir(folder) == []


@in_folder
def test_a_file_that_its_owner_removes_at_the_same_time(folder):
    """What is locked then is a file that nobody else finds."""
    first, second = Ownership(Path(folder)), Ownership(Path(folder))
    removed = iter([True, False])

    def flock(*_):
        if next(removed):
            (Path(folder) / '.lock').unlink()

    with patch('fcntl.flock', side_effect=flock):
        first.take()
    assert (Path(folder) / '.lock').read_text().startswith('process ')
    first.release()
    second.take()
    second.release()
