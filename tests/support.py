"""What the tests share: temporary folders, small pictures and models, the command lines."""

import functools
import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import numpy
from PIL import Image

from ift6266.errors import InputError
from ift6266.networks.architecture import Architecture
from ift6266.networks.weights import save_network

PROJECT = Path(__file__).resolve().parents[1]
SHARED = os.environ.get('IFT6266_SHARED') or str(PROJECT.parent / 'shared')


def in_folder(test):
    """Gives a test a temporary folder as its last argument."""

    @functools.wraps(test)
    def wrapper(*arguments):
        with tempfile.TemporaryDirectory() as folder:
            test(*arguments, folder)

    del wrapper.__wrapped__  # else nose sees the folder as an argument that it must supply
    return wrapper


def shared(name):
    """Path of a file of real data, or a skipped test."""
    path = os.path.join(SHARED, 'data', name)
    if not os.path.isfile(path):
        raise unittest.SkipTest(f'{path} is absent')
    return path


def noise(*shape, dtype='uint8'):
    return numpy.random.RandomState(0).randint(0, numpy.iinfo(dtype).max, shape).astype(dtype)


def encoded(image, format='PNG', **options):
    """Content of a picture file; ``image`` is a Pillow image or an array."""
    if isinstance(image, numpy.ndarray):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def write(folder, name, content):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(content)
    return path


def input_error(function, *arguments, **options):
    """Text of the InputError that a call raises; it must be one line."""
    try:
        function(*arguments, **options)
    except InputError as error:
        assert '\n' not in str(error), error
        return str(error)
    raise AssertionError('no InputError')


def save_model(folder, kind='generator', companions=None):
    """Path of an untrained generator."""
    path, architecture = os.path.join(folder, kind + '.npz'), Architecture(kind)
    save_network(path, architecture.build(), architecture, companions=companions)
    return path


def run_script(name, *arguments):
    """Exit status, stdout and stderr of a script in experiments."""
    command = [sys.executable, str(PROJECT / 'experiments' / name), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.returncode, result.stdout, result.stderr


def require_compiler():
    """Skip a test of what becomes of a backend where there is a C++ compiler."""
    from theano import config

    if not config.cxx:
        raise unittest.SkipTest('there is no C++ compiler')
