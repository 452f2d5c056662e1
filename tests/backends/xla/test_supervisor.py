"""The parent process that forwards signals to its child."""

import signal
import subprocess
import sys

PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run by nohup
from ift6266.backends.xla.supervisor import continue_in_child
continue_in_child()
for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
    signal.signal(number, lambda number, frame: sys.exit(64 + number))
print('ready', flush=True)
time.sleep(60)
"""


def test_signals_reach_the_child_whose_status_is_that_of_all():
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        process = subprocess.Popen([sys.executable, '-c', PROGRAM], stdout=subprocess.PIPE)
        with process:
            assert process.stdout.readline() == b'ready\n'
            process.send_signal(number)
            assert process.wait(30) == 64 + number
