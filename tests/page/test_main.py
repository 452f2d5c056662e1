"""The command line of the page."""

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys

from tests.page import support  # noqa: F401  skips where the page cannot be
from tests.support import PROJECT, in_folder, save_model


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, '-m', 'ift6266.page', *map(str, arguments)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(*arguments):
    """Exit status, stdout and stderr."""
    process = start(*arguments)
    with process:
        printed = process.communicate(timeout=60)
    return process.returncode, *printed


@in_folder
def test_it_serves_models_and_ends_cleanly_by_an_interrupt(folder):
    run = save_model(folder)
    process = start('--port', 0, '--model', run)
    with process:
        address = re.match(r'The page is at http://(127\.0\.0\.1:\d+)/ ', process.stdout.readline())
        assert address, process.communicate()
        with contextlib.closing(http.client.HTTPConnection(address[1], timeout=30)) as connection:
            connection.request('GET', '/settings')
            models = json.loads(connection.getresponse().read())['models']
            assert [model['name'] for model in models][:2] == [run, 'l2']
            assert [model['name'] for model in models if model['caption']] == ['captions']
            process.send_signal(signal.SIGINT)  # while a connection is open
            out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, ''), (process.returncode, err)
    assert out == 'The page has ended; nothing of it is kept.\n'


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
