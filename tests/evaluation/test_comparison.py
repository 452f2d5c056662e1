"""Rows of a comparison, and the ratios of its models."""

import json

import numpy as np

from ift6266.evaluation.comparison import Way, as_dict, compare
from ift6266.evaluation.fills import way_of_painting
from ift6266.evaluation.fills.border_mean import border_mean_fill
from ift6266.evaluation.fills.harmonic import harmonic_fill
from tests.evaluation.support import all_kinds, noise_minibatch

NAMES = {'dataset': 'noise', 'split': 'valid'}


def stream():
    return [noise_minibatch(all_kinds()[[0] * 5], np.float32)]


def compared(**names):
    ways = [
        Way('mean', 'baseline', way_of_painting(border_mean_fill), stream()),
        Way(
            'copy',
            'model',
            lambda minibatch: minibatch['caption'],
            [{**minibatch, 'caption': minibatch['picture']} for minibatch in stream()],
        ),
    ]
    return compare(ways, stream(), **NAMES, **names)


def test_rows_are_in_order_and_the_truth_is_last():
    comparison = compared()
    assert [(row.name, row.kind) for row in comparison.rows] == [
        ('mean', 'baseline'),
        ('copy', 'model'),
        ('truth', 'truth'),
    ]
    assert comparison.rows[1].values['mse'] == 0
    assert comparison.rows[0].values['mse'] > 0.05
    # Said once, not for every row.
    assert len([line for line in comparison.left_out if 'not 5' in line]) == 3
    assert comparison.ratios == []  # one model has no other to stand beside


def test_json_has_all_numbers():
    report = json.loads(json.dumps(as_dict(compared())))
    assert set(report) == {'dataset', 'split', 'rows', 'left_out', 'ratios'}
    assert report['split'] == 'valid' and len(report['rows']) == 3
    assert report['rows'][0]['name'] == 'mean'
    assert len(report['rows'][0]['mse_interval']) == 2
    assert 'Infinity' not in json.dumps(report)
    assert as_dict(compared(holes='strokes'))['holes'] == 'strokes'


def test_models_stand_beside_the_first_of_them():
    def shifted(shift):
        return lambda minibatch: (
            harmonic_fill(minibatch['context'], minibatch['mask']) + shift * minibatch['mask']
        )

    ways = [
        Way(name, kind, shifted(shift), stream())
        for name, kind, shift in (
            ('fill', 'baseline', 1),
            ('first', 'model', 0),
            ('second', 'model', 0.25),
            ('third', 'model', 0),
        )
    ]
    comparison = compare(ways, stream(), **NAMES)
    errors = {row.name: row.values['mse'] for row in comparison.rows[:-1]}
    second, third = as_dict(comparison)['ratios']
    assert (second['name'], second['to'], third['name']) == ('second', 'first', 'third')
    np.testing.assert_allclose(second['mse'], errors['second'] / errors['first'])
    assert second['mse_interval'][0] < second['mse'] < second['mse_interval'][1]
    np.testing.assert_allclose([third['mse'], *third['mse_interval']], 1)
    assert 'swd_32' not in second  # of five pictures there is none
