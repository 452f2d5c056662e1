"""The command line of the page."""

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.page import support  # noqa: F401  skips where the page cannot be
from tests.support import PROJECT, in_folder, save_model

COMMAND = sys.executable, '-m', 'ift6266.page'


def ended(*arguments):
    """Exit status, stdout and stderr."""
    process = subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=PROJECT, capture_output=True, text=True, timeout=60
    )
    return process.returncode, process.stdout, process.stderr


@in_folder
def test_it_serves_models_and_ends_cleanly_by_an_interrupt(folder):
    run, printed = save_model(folder), Path(folder, 'printed')
    with open(printed, 'w') as file:  # no pipe, which a compiler may hold
        process = subprocess.Popen(
            [*COMMAND, '--port', '0', '--model', run], cwd=PROJECT, stdout=file, stderr=file
        )
    try:
        while not (address := re.search(r'http://(127\.0\.0\.1:\d+)/ ', printed.read_text())):
            assert process.poll() is None, printed.read_text()
            time.sleep(0.05)
        with contextlib.closing(http.client.HTTPConnection(address[1], timeout=30)) as connection:
            connection.request('GET', '/settings')
            models = json.loads(connection.getresponse().read())['models']
            assert [model['name'] for model in models][:3] == [run, 'anyhole', 'l2']
            assert [model['name'] for model in models if model['caption']] == ['captions']
            process.send_signal(signal.SIGINT)  # while a connection is open
            assert process.wait(timeout=20) == 0, printed.read_text()
    finally:
        process.kill()
        process.wait()
    assert printed.read_text().endswith('The page has ended; nothing of it is kept.\n')
    assert 'Traceback' not in printed.read_text()


def test_a_port_in_use_is_one_line():
    with socket.create_server(('127.0.0.1', 0)) as taken:
        number = taken.getsockname()[1]
        status, out, err = ended('--port', number)
    assert (status, out) == (1, '')
    assert err == (
        f'python -m ift6266.page: error: no page at port {number} of 127.0.0.1: '
        'Address already in use; choose another --port\n'
    )


def test_wrong_options_are_one_line():
    for status, words, arguments in (
        (2, "'x' is not a port", ['--port', 'x']),
        (2, "'65536' is not a port", ['--port', 65536]),
        (1, 'no page at port 0 of nowhere.invalid', ['--host', 'nowhere.invalid', '--port', 0]),
        (1, "no model 'nothing'", ['--model', 'nothing', '--port', 0]),
    ):
        ending, out, err = ended(*arguments)
        assert (ending, out) == (status, ''), (ending, out, err)
        assert words in err.splitlines()[-1] and 'Traceback' not in err, err
