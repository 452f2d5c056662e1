"""What the tests of using a model share: a model's file and the command lines."""
import os
import subprocess
import sys
from pathlib import Path

from ift6266.networks import BUILDERS
from ift6266.networks.weights import save_network

EXPERIMENTS = Path(__file__).resolve().parents[2] / 'experiments'


def save_model(folder, kind='generator'):
    """Path of an untrained network."""
    path = os.path.join(folder, kind + '.npz')
    save_network(path, BUILDERS[kind](), kind)
    return path


def run_script(name, *arguments):
    """Exit status, stdout and stderr of a script in experiments."""
    result = subprocess.run([sys.executable, str(EXPERIMENTS / name), *map(str, arguments)],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            universal_newlines=True)
    return result.returncode, result.stdout, result.stderr
