"""The command line, run as people run it."""

import os
import shlex
import signal
import subprocess
import sys
import time
from unittest import mock

import h5py
import numpy

from ift6266.data.__main__ import main
from tests.support import encoded, in_folder, noise, write

PROGRAM = [sys.executable, '-m', 'ift6266.data']


def run(*arguments, **options):
    """Exit status, and the lines on stderr."""
    process = ended(*arguments, **options)
    return process.returncode, process.stderr.splitlines()


def ended(*arguments, **options):
    """The process, when it has ended."""
    return subprocess.run(PROGRAM + list(arguments), capture_output=True, text=True, **options)


def test_help_lists_the_data_sets():
    for arguments, word in (
        (['--help'], 'convert'),
        (['convert', '--help'], 'inpainting'),
        (['convert', 'images', '-h'], '--output-filename'),
        (['download', 'mscoco', '--help'], '--clear'),
    ):
        process = ended(*arguments)
        assert process.returncode == 0 and word in process.stdout, process


def test_help_imports_nothing_slow():
    program = 'import sys, ift6266.data.__main__; print(*sys.modules)'
    modules = subprocess.check_output([sys.executable, '-c', program], text=True).split()
    slow = {'h5py', 'fuel', 'theano', 'requests', 'skimage'}
    assert 'ift6266.data.converters.images' in modules and not slow & set(modules)


@in_folder
def test_convert_and_info(folder):
    for name in 'ab':
        write(folder, f'my in/{name}.png', encoded(noise(64, 64, 3)))
    command = ['convert', 'images', '-d', 'my in', '--output-filename', 'x.hdf5']
    status, lines = run(*command, cwd=folder)
    counts, rule = lines
    assert status == 0 and counts.endswith('x.hdf5: 2 pictures (train 1, valid 1)'), lines
    process = ended('info', 'x.hdf5', cwd=folder)
    assert (process.returncode, process.stderr) == (0, '')
    (line,) = (line for line in process.stdout.splitlines() if 'convert images' in line)
    program, *again = shlex.split(line)  # it can be given again
    assert (program, again[:2]) == ('python', PROGRAM[1:]) and again[2:] == command, line


@in_folder
def test_names_that_are_no_text(folder):
    name = os.fsdecode(b'Mu\xf1oz')
    write(folder, f'{name}/{name}.png', encoded(noise(64, 64, 3)))
    options = {'cwd': folder, 'env': {**os.environ, 'PYTHONIOENCODING': 'utf-8:strict'}}
    command = ['convert', 'images', '-d', name, '--output-filename', f'{name}.hdf5']
    for arguments in command, ['info', f'{name}.hdf5']:
        process = ended(*arguments, **options)
        assert process.returncode == 0, process.stderr


@in_folder
def test_digests_differ_where_content_does(folder):
    """Not when or where it was converted, nor what the file is called."""

    def printed(seed, name):
        pixels = numpy.random.RandomState(seed).randint(0, 256, (64, 64, 3)).astype('uint8')
        write(folder, 'in/a.png', encoded(pixels))
        run('convert', 'images', '-d', 'in', '--output-filename', name, cwd=folder)
        lines = ended('info', name, cwd=folder).stdout.splitlines()
        (line,) = (line.split() for line in lines if ' image ' in line)
        assert line[:3] == ['valid', 'image', '1'], line
        return line[3]

    assert printed(1, 'x.hdf5') == printed(1, 'y.h5') != printed(2, 'x.hdf5')
    with h5py.File(os.path.join(folder, 'empty.hdf5'), 'w'):
        pass
    status, (line,) = run('info', 'empty.hdf5', cwd=folder)
    assert status == 1 and 'empty.hdf5 has no splits' in line, line


@in_folder
def test_errors_are_one_line(folder):
    write(folder, 'in/a.txt', b'')
    for arguments in (
        ('convert', 'images', '-d', 'absent'),
        ('convert', 'images', '-d', 'in'),
        ('convert', 'images', '-d', 'in', '-o', 'absent'),
        ('convert', 'mscoco', '-d', 'in'),
        ('info', 'in/a.txt'),
    ):
        status, lines = run(*arguments, cwd=folder)
        assert status == 1 and len(lines) == 1 and lines[0].startswith('error: '), lines
    assert os.listdir(folder) == ['in']


@in_folder
def test_a_full_disk_leaves_what_was_there(folder):
    """A limit on the size of files stands for the disk; HDF5 must not crash."""
    for number in range(100):
        write(folder, f'in/{number}.png', encoded(noise(64, 64, 3)))
    before = write(folder, 'images.hdf5', b'before')
    for limit in (500000, 1230000, 1300000):
        program = (
            f'import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); '
            'import sys; from ift6266.data.__main__ import main; '
            'sys.exit(main(["convert", "images", "-d", "in"]))'
        )
        process = subprocess.run(
            [sys.executable, '-c', program], cwd=folder, stderr=subprocess.PIPE, text=True
        )
        assert process.returncode == 1 and process.stderr.count('\n') == 1, process.stderr
        assert process.stderr.startswith('error: cannot write'), process.stderr
        assert open(before, 'rb').read() == b'before'
        assert sorted(os.listdir(folder)) == ['images.hdf5', 'in']


def test_too_little_memory_is_said_in_one_line():
    """Wherever it ends: while libraries are loaded, threads started or pictures decoded."""
    for error in (
        MemoryError(),
        RuntimeError("can't start new thread"),
        ImportError('libhdf5.so: failed to map segment from shared object'),
    ):
        with (
            mock.patch('ift6266.data.__main__.run_fuel', side_effect=error),
            mock.patch('signal.signal'),
        ):
            assert main(['convert', 'images', '-d', 'in']).startswith('error: too little memory')


@in_folder
def test_interruption_leaves_nothing_behind(folder):
    slow = write(folder, 'in/large.png', encoded(noise(2000, 2000, 3), compress_level=0))
    for number in range(2000):
        os.link(slow, os.path.join(folder, 'in', f'{number}.png'))
    for number, word in ((signal.SIGINT, 'interrupted'), (signal.SIGTERM, 'stopped')):
        process = subprocess.Popen(
            PROGRAM + ['convert', 'images', '-d', 'in'],
            cwd=folder,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )
        time.sleep(2.5)
        process.send_signal(number)
        _, message = process.communicate(timeout=300)
        assert process.returncode == 1, message
        assert message == word + '; no data set was changed\n', message
        assert os.listdir(folder) == ['in']
