"""Nothing that is run connects anywhere: a process that would ends with a status of its own."""

import subprocess
import sys

from tests.support import PROJECT, encoded, in_folder, noise, write

REFUSED = 77
REFUSING = f"""
import os, runpy, sys

def refuse(event, arguments):
    if event in ('socket.connect', 'socket.bind', 'socket.sendto', 'socket.sendmsg',
                 'socket.getaddrinfo', 'socket.gethostbyname', 'socket.gethostbyaddr'):
        os.write(2, f'{{event}} {{arguments}}'.encode())
        os._exit({REFUSED})

sys.addaudithook(refuse)
sys.path.insert(0, {str(PROJECT / 'experiments')!r})
kind, name, *sys.argv[1:] = sys.argv[1:]
getattr(runpy, kind)(name, run_name='__main__')
"""


def status(*arguments):
    """Exit status of a script or module in a process without a network, and its stderr."""
    done = subprocess.run(
        [sys.executable, '-c', REFUSING, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
    )
    return done.returncode, done.stderr


@in_folder
def test_a_connection_is_refused(folder):
    path = write(folder, 'connect.py', b'import socket; socket.create_connection(("::1", 9))')
    assert status('run_path', path)[0] == REFUSED


@in_folder
def test_converting_training_and_painting_take_no_network(folder):
    for split, number in ('train', 4), ('valid', 2):
        for picture in range(number):
            write(folder, f'in/{split}/{picture}.png', encoded(noise(64, 64, 3)))
    photo, scripts = f'{folder}/in/valid/0.png', PROJECT / 'experiments'
    for arguments in (
        ('run_module', 'ift6266.data', 'convert', 'images', '-d', f'{folder}/in', '-o', folder),
        ('run_path', scripts / 'inpaint.py', photo, '--model', 'l2', '--output', f'{folder}/out'),
        (
            *('run_path', scripts / 'run_l2.py', '--dataset', f'{folder}/images.hdf5'),
            *('--batch-size', 4, '--epochs', 1, '--output', f'{folder}/run'),
        ),
    ):
        ended, stderr = status(*arguments)
        assert ended == 0, (ended, stderr)
