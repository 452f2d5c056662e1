"""What ends a script: its status, and one line where there is somewhere to write it."""

import os
import signal
import subprocess
import sys
from unittest import mock

from tests.support import PROJECT

BEGIN = 'import sys; sys.path.insert(0, "experiments"); from options import run; '
PRINT = BEGIN + 'run(lambda: print("a line"))'
REFUSE = (
    BEGIN
    + 'from ift6266.errors import InputError\ndef main(): raise InputError("wrong")\nrun(main)'
)


def shell(program, redirections):
    """Exit status, stdout and stderr of a program with streams redirected as a shell does it.

    With Python's buffers and without.
    """
    results = []
    for unbuffered in '', '1':
        result = subprocess.run(
            ['sh', '-c', f'exec "$0" -c "$1" {redirections}', sys.executable, program],
            env={**os.environ, 'PYTHONUNBUFFERED': unbuffered},
            cwd=PROJECT,
            capture_output=True,
            text=True,
        )
        results.append((result.returncode, result.stdout, result.stderr))
    assert results[0] == results[1], results
    return results[0]


def test_output_that_is_closed_or_full():
    for redirection, reason in (
        ('>/dev/full', 'No space left on device'),
        ('>&-', 'Bad file descriptor'),
    ):
        assert shell(PRINT, redirection) == (1, '', f'-c: error: stdout: {reason}\n')
    assert shell(PRINT, '>&- 2>&-') == (1, '', '')
    assert shell(PRINT, '>/dev/full 2>/dev/full') == (1, '', '')


def test_names_that_are_no_text():
    program = BEGIN + "run(lambda: print('Mu\\udcf1oz'))"
    with mock.patch.dict(os.environ, PYTHONIOENCODING='utf-8:strict'):
        assert shell(program, '') == (0, 'Mu\\udcf1oz\n', '')


def test_a_reader_that_reads_no_more():
    read, write = os.pipe()
    os.close(read)
    try:
        result = subprocess.run(
            [sys.executable, '-c', PRINT], cwd=PROJECT, stdout=write, stderr=subprocess.PIPE
        )
    finally:
        os.close(write)
    assert (result.returncode, result.stderr) == (1, b'-c: error: stdout: Broken pipe\n')


def test_what_is_wrong_is_said_where_it_can_be():
    line = '-c: error: wrong\n'
    for redirection, expected in (
        ('', (1, '', line)),
        ('>&-', (1, '', line)),
        ('2>&-', (1, line, '')),
        ('2>/dev/full', (1, line, '')),
        ('>&- 2>&-', (1, '', '')),
    ):
        assert shell(REFUSE, redirection) == expected, redirection


def test_a_wrong_option_is_said_where_it_can_be():
    program = BEGIN + 'from options import Parser; run(Parser("").parse_args)'
    line = '-c: error: unrecognized arguments: --wrong (see --help)\n'
    wrong = '--wrong '
    for redirection, expected in (
        ('', (2, '', line)),
        ('2>&-', (2, line, '')),
        ('2>/dev/full', (2, line, '')),
    ):
        assert shell(program, wrong + redirection) == expected, redirection


def test_files_do_not_take_the_numbers_of_closed_streams():
    program = BEGIN + (
        'import os\ndef main():\n'
        '    with open(os.devnull) as file: return file.fileno() > 2 and 7\nrun(main)'
    )
    assert shell(program, '<&- >&- 2>&-') == (7, '', '')


def test_messages_to_a_closed_stderr_stop_nothing():
    program = BEGIN + (
        'import logging, tqdm\ndef main():\n'
        '    logging.warning("a warning")\n'
        '    for _ in tqdm.tqdm(range(3)): pass\n'
        '    print("done")\nrun(main)'
    )
    assert shell(program, '2>&-') == (0, 'done\n', '')


def test_what_is_foreseen_while_a_script_imports():
    program = BEGIN + 'from ift6266.errors import InputError; raise {}'
    assert shell(program.format('InputError("wrong")'), '') == (1, '', '-c: error: wrong\n')
    status, _, stderr = shell(program.format('KeyboardInterrupt'), '')
    assert (status, stderr) == (-signal.SIGINT, '-c: interrupted\n')
    assert 'Traceback' in shell(program.format('ZeroDivisionError'), '')[2]


def test_command_lines_need_no_docstrings():
    for command in (
        ['experiments/run_gan.py'],
        ['-m', 'ift6266.data', 'convert', 'shapes'],
        ['-m', 'ift6266.captions'],
    ):
        result = subprocess.run(
            [sys.executable, '-OO', *command, '--help'], cwd=PROJECT, capture_output=True, text=True
        )
        assert result.returncode == 0 and 'usage' in result.stdout, result.stderr
