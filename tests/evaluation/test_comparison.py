"""Rows of a comparison, and the table that people read."""

import json
from unittest.mock import patch

import numpy as np

from ift6266.data.hole import split
from ift6266.errors import InputError
from ift6266.evaluation import baselines as module
from ift6266.evaluation.baselines import CHEAP, NEAREST, OPENCV, baselines, training_images
from ift6266.evaluation.border_mean import border_mean_fill
from ift6266.evaluation.comparison import (
    Comparison,
    Row,
    as_dict,
    compare,
    markdown_table,
    text_table,
)
from ift6266.evaluation.harmonic import harmonic_fill
from tests.support import input_error, noise


def stream(number=5):
    images = np.random.RandomState(1).uniform(size=(number, 3, 64, 64)).astype(np.float32)
    return [split(images)]


def compared():
    ways = [
        ('mean', 'baseline', border_mean_fill, stream()),
        (
            'heard',
            'model',
            lambda context, caption: caption,
            [(context, target, target) for context, target in stream()],
        ),
    ]
    return Comparison('noise', 'valid', *compare(ways, stream()))


def test_rows_are_in_order_and_the_truth_is_last():
    comparison = compared()
    assert [(row.name, row.kind) for row in comparison.rows] == [
        ('mean', 'baseline'),
        ('heard', 'model'),
        ('truth', 'truth'),
    ]
    assert comparison.rows[1].values['mse'] == 0
    assert comparison.rows[0].values['mse'] > 0.05
    # Said once, not for every row.
    assert len([line for line in comparison.left_out if 'not 5' in line]) == 2


def test_json_has_all_numbers():
    report = json.loads(json.dumps(as_dict(compared())))
    assert report['split'] == 'valid' and len(report['rows']) == 3
    assert report['rows'][0]['name'] == 'mean'
    assert len(report['rows'][0]['mse_interval']) == 2
    assert 'Infinity' not in json.dumps(report)


def test_table_has_values_intervals_and_gaps():
    rows = [
        Row(
            'fill',
            'baseline',
            {'pictures': 9, 'l1': 0.25, 'mse': 0.0384, 'mse_interval': [0.03, 0.05]},
        ),
        Row('truth', 'truth', {'pictures': 9, 'border_step': 0.0627}),
    ]
    lines = text_table(Comparison('noise', 'valid', rows, ['no time'])).splitlines()
    assert lines[0] == '9 pictures of noise, valid'
    assert lines[3].split() == ['L1', 'MSE', 'step']
    assert lines[4].split() == ['fill', '0.2500', '0.0384']
    assert lines[5].split() == ['±0.0100']
    assert lines[5].index('±') + 7 == lines[4].index('0.0384') + 6
    assert lines[6].split() == ['truth', '0.0627'] and len(lines[6]) == lines[3].index('step') + 4
    assert lines[-1] == 'left out: no time'


def test_models_stand_beside_the_first_of_them():
    ways = [
        (name, kind, lambda context, shift=shift: harmonic_fill(context) + shift, stream())
        for name, kind, shift in (
            ('fill', 'baseline', 1),
            ('first', 'model', 0),
            ('second', 'model', 0.25),
            ('third', 'model', 0),
        )
    ]
    comparison = Comparison('noise', 'valid', *compare(ways, stream()))
    errors = {row.name: row.values['mse'] for row in comparison.rows[:-1]}
    second, third = as_dict(comparison)['ratios']
    assert (second['name'], second['to'], third['name']) == ('second', 'first', 'third')
    np.testing.assert_allclose(second['mse'], errors['second'] / errors['first'])
    assert second['mse_interval'][0] < second['mse'] < second['mse_interval'][1]
    np.testing.assert_allclose([third['mse'], *third['mse_interval']], 1)
    assert 'swd_32' not in second  # of five pictures there is none
    lines = text_table(comparison).splitlines()
    start = lines.index("Multiples of first's, of the same pictures")
    assert lines[start + 2].split() == ['MSE']
    assert lines[start + 3].split()[:2] == ['second', '{:.3f}'.format(second['mse'])]
    assert lines[start + 4].split() == ['third', '1.000', '(1.000', 'to', '1.000)']
    # One model has no other to stand beside.
    assert 'Multiples' not in text_table(compared())


def test_markdown_has_the_values():
    rows = [
        Row('fill', 'baseline', {'pictures': 9, 'mse': 0.0384, 'mse_interval': [0.03, 0.05]}),
        Row('truth', 'truth', {'pictures': 9, 'border_step': 0.0627}),
    ]
    assert markdown_table(Comparison('noise', 'valid', rows, ['no time'])).splitlines() == [
        '9 pictures of noise, valid',
        '',
        '|  | MSE | step |',
        '| --- | --- | --- |',
        '| fill | 0.0384 |  |',
        '| truth |  | 0.0627 |',
        '',
        'Left out: no time.',
    ]


def test_baselines_are_those_that_can_be_had():
    fills, _ = baselines()
    assert set(CHEAP) <= set(fills) and NEAREST not in fills
    fills, _ = baselines(noise(4, 3, 64, 64))
    context, target = stream()[0]
    for name in (*CHEAP, NEAREST):
        assert fills[name](context).shape == target.shape
    with patch.object(module, 'require_opencv', side_effect=InputError('OpenCV is absent')):
        fills, reasons = baselines()
    assert not set(OPENCV) & set(fills)
    assert reasons == ['Telea (OpenCV) and Navier-Stokes (OpenCV): OpenCV is absent']
    assert fills['harmonic fill'] is harmonic_fill


def test_training_pictures_cannot_be_their_own_neighbours():
    assert 'split train' in input_error(training_images, 'any', 'train')
