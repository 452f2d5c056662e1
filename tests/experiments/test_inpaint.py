"""experiments/inpaint.py: each photograph gives its two pictures, and no file is lost."""

import os
import subprocess
import sys

import numpy as np
from PIL import Image

from ift6266.arrays import read_arrays, write_arrays
from tests.support import PROJECT, encoded, in_folder, noise, run_script, save_model, write


@in_folder
def test_good_photographs_are_painted_beside_bad_ones(folder):
    model, output = save_model(folder), os.path.join(folder, 'new', 'painted')
    photos = [
        write(folder, 'first.png', encoded(noise(90, 120, 3))),
        write(folder, 'notes.jpg', b'notes'),
        write(folder, 'second.jpg', encoded(noise(64, 64), 'JPEG')),
    ]
    status, printed, errors = run_script(
        'inpaint.py', *photos, '--model', model, '--output', output
    )
    assert status == 1 and printed == ''
    assert [line for line in errors.splitlines() if 'error' in line] == [
        f'inpaint.py: error: {photos[1]}: no picture that can be read'
    ], errors
    assert sorted(os.listdir(output)) == [
        'first-side-by-side.png',
        'first.png',
        'second-side-by-side.png',
        'second.png',
    ]
    assert Image.open(os.path.join(output, 'first.png')).size == (120, 90)


@in_folder
def test_too_little_memory_for_a_photograph_is_said(folder):
    model, photo = save_model(folder), write(folder, 'first.png', encoded(noise(64, 64, 3)))
    output = os.path.join(folder, 'painted')
    program = (
        'import runpy, sys; from unittest import mock; sys.path.insert(0, "experiments"); '
        f'sys.argv = ["inpaint.py", {photo!r}, "--model", {model!r}, "--output", {output!r}]\n'
        'with mock.patch("ift6266.Inpainter.paint_photograph", side_effect=MemoryError):\n'
        '    runpy.run_path("experiments/inpaint.py", run_name="__main__")'
    )
    command = [sys.executable, '-c', program]
    process = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert process.returncode == 1 and os.listdir(output) == []
    assert process.stderr.splitlines()[-1].startswith(
        f'inpaint.py: error: {photo}: too little memory to paint it'
    ), process.stderr


@in_folder
def test_a_model_that_cannot_be_used_leaves_nothing_behind(folder):
    photo = write(folder, 'photo.png', encoded(noise(64, 64, 3)))
    model = write(folder, 'model.npz', b'PK\3\4 and no more')
    output = os.path.join(folder, 'painted')
    status, _, errors = run_script('inpaint.py', photo, '--model', model, '--output', output)
    assert status == 1 and not os.path.exists(output)
    assert errors.startswith('inpaint.py: error: ' + model) and errors.count('\n') == 1, errors


@in_folder
def test_a_model_that_has_diverged_is_said_once(folder):
    model = save_model(folder)
    arrays = read_arrays(model)
    write_arrays(
        model,
        {
            name: array if array.dtype.kind != 'f' else np.copysign(3e38, array).astype('float32')
            for name, array in arrays.items()
        },
    )
    photos = [write(folder, f'{n}.png', encoded(noise(64, 64, 3))) for n in range(2)]
    output = os.path.join(folder, 'painted')
    status, _, errors = run_script('inpaint.py', *photos, '--model', model, '--output', output)
    (line,) = (line for line in errors.splitlines() if 'error' in line)
    assert status == 1 and 'training has diverged' in line and os.listdir(output) == [], errors


@in_folder
def test_no_file_is_overwritten_by_another(folder):
    one = write(folder, 'one/photo.png', b'')
    two = write(folder, 'two/photo.jpg', b'')
    for photos, output in (([one, two], 'painted'), ([one, one], 'painted'), ([one], 'one')):
        output = os.path.join(folder, output)
        status, _, errors = run_script(
            'inpaint.py', *photos, '--model', 'none.npz', '--output', output
        )
        assert status == 1 and errors.count('\n') == 1, errors
        assert os.path.join(output, 'photo.png') in errors
