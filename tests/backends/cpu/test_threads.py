"""How many threads the kernels run in, and what these leave to others."""

import json
import os
import subprocess
import sys
import threading
import time

import numpy as np
import theano
from nose.tools import assert_equal

from ift6266.backends.cpu import bindings
from ift6266.backends.cpu.library import cores
from tests.backends.cpu.support import require_kernels

setup_module = require_kernels

PROGRAM = """
import json, os, time
import numpy as np
from ift6266.backends.cpu import bindings
x, w = np.ones((32, 64, 64, 32), 'f4'), np.ones((32, 32, 3, 3), 'f4')
threads = len(os.listdir('/proc/self/task'))
bindings.convolve(x, w, bindings.Geometry((1, 1), ((1, 1), (1, 1)), False))
threads = len(os.listdir('/proc/self/task')) - threads + 1
before = time.process_time()
time.sleep(0.3)
print(json.dumps([threads, time.process_time() - before]))
"""


def run(**variables):
    """Threads that a kernel runs in, and seconds that they compute in 0.3 s of waiting."""
    flags = os.environ['THEANO_FLAGS'] + ',compiledir=' + theano.config.compiledir
    environment = {name: value for name, value in os.environ.items() if name != 'OMP_NUM_THREADS'}
    environment.update(variables, THEANO_FLAGS=flags)
    return json.loads(subprocess.check_output([sys.executable, '-c', PROGRAM], env=environment))


def test_as_many_as_the_variable_says():
    for said in (1, 3):
        threads, _ = run(OMP_NUM_THREADS=str(said))
        assert_equal(threads, said)


def test_as_many_as_cores_and_they_sleep_while_the_process_waits():
    threads, busy = run()
    assert_equal(threads, cores())
    assert busy < 0.05, f'idle threads computed for {busy:.2f} s'


def test_other_python_threads_run_meanwhile():
    x, w = np.ones((32, 64, 64, 32), 'f4'), np.ones((64, 32, 5, 5), 'f4')
    took = []

    def convolve():
        start = time.perf_counter()
        bindings.convolve(x, w, bindings.Geometry((1, 1), ((2, 2), (2, 2)), False))
        took.append(time.perf_counter() - start)

    thread = threading.Thread(target=convolve)
    longest, last = 0, time.perf_counter()
    thread.start()
    while thread.is_alive():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    assert longest < took[0] / 2, (longest, took)
