"""The command line that measures a model."""

import json
import math
import os

import numpy as np

from ift6266 import Inpainter
from ift6266.arrays import read_arrays, write_arrays
from ift6266.data.converters.base import convert_files
from ift6266.data.streams import evaluation_stream
from ift6266.evaluation.evaluate import evaluate, evaluate_harmonic
from tests.support import encoded, in_folder, noise, run_script, save_model


def make_dataset(folder):
    files = [
        (f'{number}.png', encoded(picture)) for number, picture in enumerate(noise(5, 64, 64, 3))
    ]
    (path,) = convert_files(
        files, folder, 'noise.hdf5', assign=lambda paths: ['train'] + 4 * ['valid']
    )
    return path


@in_folder
def test_report_in_json_and_as_a_table(folder):
    model, dataset = save_model(folder), make_dataset(folder)
    options = ['--model', model, '--dataset', dataset, '--batch-size', 3]
    status, printed, errors = run_script('evaluate.py', *options, '--json')
    assert status == 0, errors
    # What four pictures do not give is said, and is in the report.
    assert errors.count('left out: the sliced Wasserstein distance takes 64') == 1, errors
    report = json.loads(printed)
    assert 'takes 64 pictures or more, not 4' in report['left_out'][1]
    stream = evaluation_stream(dataset)
    expected = evaluate(Inpainter.load(model).fill, stream)
    expected.update(evaluate_harmonic(stream), model=model, dataset=dataset, split='valid')
    assert report['pictures'] == 4
    for key, value in expected.items():
        if isinstance(value, float):
            assert math.isclose(report[key], value, rel_tol=1e-5), (key, report[key], value)
        else:
            assert report[key] == value
    for prefix in ('', 'harmonic_', 'border_mean_', 'biharmonic_'):
        for name in ('l1', 'mse', 'psnr', 'ssim', 'gradient_ratio', 'border_step'):
            low, high = report[prefix + name + '_interval']
            assert low <= report[prefix + name] <= high
    assert report['truth_gradient_ratio'] == 1 and report['truth_border_step'] > 0

    status, printed, _ = run_script('evaluate.py', *options, '--limit', 2)
    assert status == 0 and printed.startswith('2 pictures of')
    assert 'model' in printed and 'harmonic fill' in printed


@in_folder
def test_what_cannot_be_measured_is_refused_in_one_line(folder):
    dataset = make_dataset(folder)
    generator = save_model(folder)
    cut, older = os.path.join(folder, 'cut.npz'), os.path.join(folder, 'older.npz')
    with open(generator, 'rb') as whole, open(cut, 'wb') as file:
        file.write(whole.read()[:-1000])
    arrays = read_arrays(generator)
    arrays['conv1.W'] = np.zeros((32, 3, 5, 5), 'float32')
    write_arrays(older, arrays)
    for model, *options in (
        (cut,),
        (older,),
        (generator, '--split', 'test'),
        (generator, '--holes', 'rectangles'),
    ):
        status, printed, errors = run_script(
            'evaluate.py', '--model', model, '--dataset', dataset, *options
        )
        assert status == 1 and printed == ''
        assert errors.startswith('evaluate.py: error: ') and errors.count('\n') == 1, errors
