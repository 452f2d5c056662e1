"""The library is compiled once and whole; where it cannot be had, one line says why."""

import itertools
import os
import subprocess
import sys
import unittest
from pathlib import Path
from unittest.mock import Mock, patch

from nose.tools import assert_equal, assert_raises_regex

from ift6266.backends.cpu import library
from ift6266.backends.cpu.library import Unavailable
from tests.support import PROJECT, in_folder, write


def setup_module():
    try:
        library.load()
    except Unavailable as reason:
        raise unittest.SkipTest(str(reason)) from None


# A library that is quickly compiled.
SMALL = b"""
extern "C" const char *last_error() { return ""; }
extern "C" void use_threads(int) {}
extern "C" void use_array_type(void *) {}
extern "C" void keep_memory() {}
extern "C" int use_tiles(int) { return 0; }
"""


class Settings:
    """Theano's settings in a new folder, which the real ones do not allow."""

    def __init__(self, folder, cxx=library.theano.config.cxx):
        self.config = type('config', (), {'compiledir': folder, 'cxx': cxx})


def load_anew(folder, **changes):
    """Load a small library, compiled in the folder."""
    write(folder, 'sources/small.cpp', SMALL)
    flags = [flag for flag in library.FLAGS if flag != '-fvisibility=hidden']
    with (
        patch.object(library, 'theano', Settings(folder, **changes)),
        patch.object(library, 'KERNELS', Path(folder, 'sources')),
        patch.object(library, 'FLAGS', flags),
    ):
        return library.load.__wrapped__()


def assert_unavailable(words, folder, **changes):
    with assert_raises_regex(Unavailable, words) as caught:
        load_anew(folder, **changes)
    assert '\n' not in str(caught.exception)


@in_folder
def test_compiled_once(folder):
    with unittest.TestCase().assertLogs(library.logger, 'INFO') as logs:
        load_anew(folder)
    assert_equal(len(logs.output), 1)
    (kept,) = os.listdir(os.path.join(folder, 'kernels'))
    assert kept.endswith('.so')
    with patch.object(library, '_compile', side_effect=AssertionError('compiled again')):
        load_anew(folder)


@in_folder
def test_other_kernels_are_another_library(folder):
    before = library._digest()
    write(folder, 'one.cpp', b'int one = 1;')
    with patch.object(library, 'KERNELS', Path(folder)):
        assert library._digest() != before


@in_folder
def test_several_may_compile_at_once(folder):
    """Those that come while one compiles compile as well; there is one library in the end."""
    program = (
        'import sys; from tests.backends.cpu.test_library import load_anew; load_anew(sys.argv[1])'
    )
    processes = [
        subprocess.Popen([sys.executable, '-c', program, folder], cwd=str(PROJECT))
        for _ in range(2)
    ]
    assert_equal([process.wait() for process in processes], [0, 0])
    assert_equal(len(os.listdir(os.path.join(folder, 'kernels'))), 1)


@in_folder
def test_no_compiler(folder):
    assert_unavailable('install g\\+\\+', folder, cxx='')
    assert_unavailable('no library of kernels.*nowhere', folder, cxx='/nowhere/g++')


@in_folder
def test_compiler_that_fails(folder):
    compiler = Path(
        write(
            folder,
            'g++',
            b'#!/bin/sh\necho "In file one" >&2\necho "one.cpp:1: error: broken" >&2\nexit 1\n',
        )
    )
    compiler.chmod(0o755)
    assert_unavailable('do not compile: one.cpp:1: error: broken$', folder, cxx=str(compiler))
    assert not os.path.exists(os.path.join(folder, 'kernels'))


def compilers(folder, count, script):
    """Commands for :func:`library._run_all`: shell scripts, run in the folder."""
    return [['sh', '-c', script.format(number=number), 'sh', folder] for number in range(count)]


@in_folder
def test_no_more_compilers_at_once_than_cores(folder):
    script = 'cd "$1"; touch {number}; ls | wc -l >> ../counts; sleep 0.05; rm {number}'
    os.mkdir(os.path.join(folder, 'running'))
    with patch.object(library, 'cores', return_value=2):
        library._run_all(compilers(os.path.join(folder, 'running'), 6, script))
    counts = list(map(int, Path(folder, 'counts').read_text().split()))
    assert_equal(len(counts), 6)
    assert max(counts) <= 2, counts


@in_folder
def test_no_other_compiler_is_begun_after_one_has_failed(folder):
    script = (
        'touch "$1/{number}"; test {number} = 0 || sleep 0.2; '
        'echo "{number}.cpp:1: error: broken" >&2; exit 1'
    )
    with (
        patch.object(library, 'cores', return_value=1),
        assert_raises_regex(Unavailable, 'do not compile: 0.cpp:1: error: broken$'),
    ):
        library._run_all(compilers(folder, 20, script))
    assert len(os.listdir(folder)) < 10


@in_folder
def test_folder_that_cannot_be_written(folder):
    write(folder, 'kernels', b'in the way')
    assert_unavailable('no library of kernels', folder)


@in_folder
def test_other_machines(folder):
    for change, words in (
        (patch('sys.platform', 'darwin'), 'Linux'),
        (patch('platform.machine', return_value='aarch64'), 'Linux'),
        (patch.object(library, '_processor', return_value='flags: sse4_2'), 'AVX2'),
    ):
        with change:
            assert_unavailable(words, folder)


def test_cores_by_affinity():
    with patch('os.sched_getaffinity', return_value={3}):
        assert_equal(library.cores(), 1)


def test_cores_by_the_quota_of_the_control_group():
    for quota, expected in (('max 100000', 64), ('150000 100000', 2), ('50000 100000', 1)):
        files = {
            '/proc/self/cgroup': '0::/mine/job\n',
            '/sys/fs/cgroup/mine/job/cpu.max': 'max 100000\n',
            '/sys/fs/cgroup/mine/cpu.max': quota,
        }
        with (
            patch('os.sched_getaffinity', return_value=set(range(64))),
            patch.object(Path, 'exists', lambda path: str(path) in files),
            patch.object(Path, 'read_text', lambda path: files[str(path)]),
        ):
            assert_equal(library.cores(), expected)


def test_as_many_threads_as_cores_or_as_the_user_says():
    for said, expected in (({}, 5), ({'OMP_NUM_THREADS': '3'}, 0)):  # 0 leaves it to OpenMP
        environment = {
            name: value for name, value in os.environ.items() if name != 'OMP_NUM_THREADS'
        }
        with (
            patch.dict(os.environ, {**environment, **said}, clear=True),
            patch('ctypes.CDLL') as loaded,
            patch.object(library, 'cores', return_value=5),
            patch.object(library, '_use_tiles'),
        ):
            library.load.__wrapped__()
            loaded().use_threads.assert_called_once_with(expected)


def test_tiles_that_are_not_used():
    """It is said where the processor has them."""
    refusals = (
        (1, 'compiler'),
        (2, 'Linux does not permit'),
        (3, 'results are wrong'),
        (4, 'be tried'),
    )
    for (status, words), flags in itertools.product(refusals, ('flags: avx2 amx_bf16', 'avx2')):
        asked = Mock()
        asked.use_tiles.return_value = status
        with (
            patch.object(library, '_processor', return_value=flags),
            patch.object(library.logger, 'info') as info,
        ):
            library._use_tiles(asked)
        asked.use_tiles.assert_called_once_with(1)
        lines = [call[0][0] % call[0][1:] for call in info.call_args_list]
        assert_equal([words in line for line in lines], [True] * ('amx' in flags))


def test_tiles_that_are_used():
    with (
        patch.object(library, '_processor', return_value='flags: avx2 amx_bf16'),
        patch.object(library.logger, 'info') as info,
    ):
        library._use_tiles(Mock(use_tiles=Mock(return_value=0)))
    assert not info.called
