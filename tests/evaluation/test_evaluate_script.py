"""The command line that measures a model."""
import json
import math
import os

from ift6266.data.converters.base import convert_files
from ift6266.data.streams import evaluation_stream
from ift6266.evaluation.evaluate import evaluate, evaluate_harmonic
from ift6266.inpainting import compile_inpaint
from ift6266.networks.weights import load_network
from tests.support import encoded, in_folder, noise, run_script, save_model


def make_dataset(folder):
    files = [('{}.png'.format(number), encoded(picture))
             for number, picture in enumerate(noise(5, 64, 64, 3))]
    path, = convert_files(files, folder, 'noise.hdf5', lambda paths: ['train'] + 4 * ['valid'])
    return path


@in_folder
def test_report_in_json_and_as_a_table(folder):
    model, dataset = save_model(folder), make_dataset(folder)
    options = ['--model', model, '--dataset', dataset, '--batch-size', 3]
    status, printed, errors = run_script('evaluate.py', *options, '--json')
    assert status == 0, errors
    report = json.loads(printed)
    stream = evaluation_stream(dataset)
    expected = evaluate(compile_inpaint(load_network(model)), stream)
    expected.update(evaluate_harmonic(stream), model=model, dataset=dataset, split='valid')
    assert set(report) == set(expected) and report['pictures'] == 4
    for key, value in expected.items():
        if isinstance(value, float):
            assert math.isclose(report[key], value, rel_tol=1e-5), (key, report[key], value)
        else:
            assert report[key] == value

    status, printed, _ = run_script('evaluate.py', *options, '--limit', 2)
    assert status == 0 and printed.startswith('2 pictures of')
    assert 'model' in printed and 'harmonic fill' in printed


@in_folder
def test_what_cannot_be_measured_is_refused_in_one_line(folder):
    dataset = make_dataset(folder)
    generator, critic = save_model(folder), save_model(folder, 'critic')
    cut = os.path.join(folder, 'cut.npz')
    with open(generator, 'rb') as whole, open(cut, 'wb') as file:
        file.write(whole.read()[:-1000])
    for model, split in ((cut, 'valid'), (critic, 'valid'), (generator, 'test')):
        status, printed, errors = run_script(
            'evaluate.py', '--model', model, '--dataset', dataset, '--split', split)
        assert status == 1 and printed == ''
        assert errors.startswith('evaluate.py: error: ') and errors.count('\n') == 1, errors
