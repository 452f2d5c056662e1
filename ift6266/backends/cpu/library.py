"""The library of the kernels in ``kernels/*.cpp``: compiled once for a processor, then loaded."""

import ctypes
import logging
import math
import os
import platform
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import cache
from pathlib import Path

import numpy
import theano

from ift6266.backends.headers import compiler_version
from ift6266.digests import digest
from ift6266.files import whole_file

KERNELS = Path(__file__).with_name('kernels')
FLAGS = [
    '-std=c++17',
    '-O3',
    '-march=native',
    '-fno-math-errno',
    '-fno-trapping-math',
    '-fopenmp',
    '-fPIC',
    '-fvisibility=hidden',
    '-g0',
]

logger = logging.getLogger(__name__)


class Unavailable(Exception):
    """The kernels cannot run here; the text is one line that says why."""


@cache
def load() -> ctypes.CDLL:
    """The library of kernels, compiled unless that is done.

    Its functions take NumPy arrays.  It uses as many threads as the process has cores, or as
    ``OMP_NUM_THREADS`` says.  Raises :class:`Unavailable`.
    """
    if not (sys.platform.startswith('linux') and platform.machine() == 'x86_64'):
        raise Unavailable('the kernels are for Linux on x86-64')
    if 'avx2' not in _processor().split():
        raise Unavailable('this processor has no AVX2')
    try:
        path = Path(theano.config.compiledir, 'kernels', _digest() + '.so')
        if not path.exists():
            _compile(path)
        library = ctypes.CDLL(str(path))
    except OSError as error:  # no such compiler, a folder that cannot be written, a bad library
        raise Unavailable(f'no library of kernels: {error}') from None
    library.last_error.restype = ctypes.c_char_p
    library.use_array_type(ctypes.py_object(numpy.ndarray))
    library.use_threads(0 if os.environ.get('OMP_NUM_THREADS') else cores())
    library.keep_memory()
    _use_tiles(library)
    return library


def _use_tiles(library):
    """Let convolutions use the processor's tiles (AMX), or say why those it has are not used."""
    reason = (
        None,
        'the compiler does not know them',
        'Linux does not permit them',
        'their results are wrong',
        'they could not be tried',
    )[library.use_tiles(1)]
    if reason and 'amx_bf16' in _processor().split():
        logger.info("the processor's tiles (AMX) are not used: %s", reason)


def cores() -> int:
    """How many cores the process may use, by its affinity and by its control group's quota."""
    available = len(os.sched_getaffinity(0))
    try:
        groups = Path('/proc/self/cgroup').read_text().splitlines()
        mine = next(line[len('0::/') :] for line in groups if line.startswith('0::/'))
        folder = Path('/sys/fs/cgroup', mine)
        limits = [
            (level / 'cpu.max').read_text().split()
            for level in [folder, *folder.parents]
            if (level / 'cpu.max').exists()
        ]
    except (OSError, StopIteration):  # no control groups, or their first version
        return available
    quotas = [math.ceil(int(quota) / int(period)) for quota, period in limits if quota != 'max']
    return max(1, min([available, *quotas]))


def _processor():
    """The lines of /proc/cpuinfo with the processor's model and features."""
    lines = Path('/proc/cpuinfo').read_text().split('\n\n')[0].splitlines()
    return '\n'.join(line for line in lines if line.startswith(('model', 'flags')))


def _digest():
    """The name of the library: a digest of all that it depends on."""
    parts = [compiler_version(_compiler()), _processor(), FLAGS, sys.version, numpy.__version__]
    parts += [source.read_bytes() for source in sorted(KERNELS.iterdir())]
    return digest([repr(parts).encode()])


def _compiler():
    if not theano.config.cxx:
        raise Unavailable('there is no C++ compiler (install g++)')
    return theano.config.cxx


def _compile(path):
    start = time.time()
    folders = sysconfig.get_paths()['include'], numpy.get_include()
    command = [_compiler(), *FLAGS, *(f'-I{folder}' for folder in folders)]
    with tempfile.TemporaryDirectory() as folder:
        # The longest first: they take longest.
        sources = sorted(KERNELS.glob('*.cpp'), key=os.path.getsize, reverse=True)
        objects = {source: Path(folder, source.stem + '.o') for source in sources}
        _run_all([
            command + ['-c', str(source), '-o', str(compiled)]
            for source, compiled in objects.items()
        ])
        linked = Path(folder, path.name)
        _run([*command, '-shared', *map(str, objects.values()), '-o', str(linked)])
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as library:
            library.write_bytes(linked.read_bytes())
    logger.info('compiling the kernels, once: %.0f s', time.time() - start)


def _run_all(commands):
    """Run as many commands at a time as there are cores; when one fails, start no others."""
    with ThreadPoolExecutor(cores()) as pool:
        runs = [pool.submit(_run, command) for command in commands]
        try:
            for run in as_completed(runs):
                run.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _run(command):
    """Run a command; raise Unavailable with its first line on an error where it fails."""
    program = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if program.returncode:
        lines = [line for line in program.stderr.splitlines() if not line.startswith('collect2')]
        lines = lines or ['the compiler printed no error']
        reason = next((line for line in lines if ' error: ' in line), lines[0])
        raise Unavailable(f'the kernels do not compile: {reason}')
