"""The models of the package paint photographs side by side."""

import os
from unittest.mock import patch

import numpy as np
from PIL import Image

from ift6266.models import names
from tests.backends.xla.support import require_jax
from tests.support import encoded, in_folder, noise, run_script, write


@in_folder
def test_photographs_that_come_with_scikit_image(folder):
    output = os.path.join(folder, 'new', 'painted.png')
    status, printed, stderr = run_script('paint.py', '--output', output)
    assert status == 0 and printed.strip() == output, stderr
    assert os.listdir(os.path.dirname(output)) == ['painted.png']
    assert stderr.count('compiled: inpainting') == len(set(names()) - {'captions'})
    width, height = Image.open(output).size
    assert width > 500 and height > 300


@in_folder
def test_without_a_compiler(folder):
    """Then XLA paints, where it is there."""
    require_jax()
    output = os.path.join(folder, 'painted.png')
    with patch.dict(os.environ, THEANO_FLAGS='cxx=,base_compiledir=' + folder):
        status, _, stderr = run_script('paint.py', '--output', output)
        assert status == 0 and 'There is no C++ compiler' in stderr, stderr
        status, _, stderr = run_script('paint.py', '--output', output, '--backend', 'theano')
    line = stderr.splitlines()[-1]
    assert status == 1 and 'the backend theano needs a C++ compiler' in line, stderr


@in_folder
def test_a_photograph_of_ones_own(folder):
    plain = np.full((64, 64, 3), [10, 200, 60], 'uint8')
    photo = write(folder, 'photo.png', encoded(plain))
    output = os.path.join(folder, 'painted.png')
    status, _, stderr = run_script('paint.py', photo, '--output', output)
    assert status == 0, stderr
    drawn = np.asarray(Image.open(output).convert('RGB')).astype(int)
    # At least hole, harmonic fill and truth are in this colour, and half of the hole is black.
    shown = (abs(drawn - [10, 200, 60]).max(axis=2) <= 1).sum()
    assert (drawn.max(axis=2) <= 1).sum() > 1000 and shown > 10000


@in_folder
def test_what_cannot_be_painted_is_refused_in_one_line(folder):
    photo = write(folder, 'photo.png', encoded(noise(64, 64, 3)))
    other = write(folder, 'other/photo.png', encoded(noise(64, 64, 3)))
    text = write(folder, 'notes.jpg', b'notes')
    output = os.path.join(folder, 'painted.png')
    for arguments, told in (
        ((photo, '--output', photo), 'one of the photographs'),
        ((photo, other, '--output', output), 'are called photo'),
        ((photo, '--output', folder), 'must end in .png'),
        ((text, '--output', output), 'no picture that can be read'),
    ):
        status, printed, stderr = run_script('paint.py', *arguments)
        assert status == 1 and not printed and stderr.count('\n') == 1, stderr
        assert stderr.startswith('paint.py: error: ') and told in stderr, stderr
    assert not os.path.exists(output)
