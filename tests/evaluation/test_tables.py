"""The tables that people read."""

from dataclasses import replace

from ift6266.evaluation.comparison import Comparison, Ratio, Row
from ift6266.evaluation.tables import heading, markdown_table, text_table

ROWS = [
    Row(
        'fill', 'baseline', {'pictures': 9, 'l1': 0.25, 'mse': 0.0384, 'mse_interval': [0.03, 0.05]}
    ),
    Row('truth', 'truth', {'pictures': 9, 'border_step': 0.0627}),
]
COMPARISON = Comparison('noise', 'valid', ROWS, ['no time'])


def test_table_has_values_intervals_and_gaps():
    lines = text_table(COMPARISON).splitlines()
    assert lines[0] == '9 pictures of noise, valid'
    assert lines[3].split() == ['L1', 'MSE', 'step']
    assert lines[4].split() == ['fill', '0.2500', '0.0384']
    assert lines[5].split() == ['±0.0100']
    assert lines[5].index('±') + 7 == lines[4].index('0.0384') + 6
    assert lines[6].split() == ['truth', '0.0627'] and len(lines[6]) == lines[3].index('step') + 4
    assert lines[-1] == 'left out: no time'
    assert 'Multiples' not in '\n'.join(lines)


def test_ratios_stand_below():
    ratios = [
        Ratio('second', 'first', {'mse': 1.0504, 'mse_interval': [1.04, 1.061]}),
        Ratio('third', 'first', {'mse': 1}),
    ]
    lines = text_table(replace(COMPARISON, ratios=ratios)).splitlines()
    start = lines.index("Multiples of first's, of the same pictures")
    assert [line.split() for line in lines[start + 2 : start + 5]] == [
        ['MSE'],
        ['second', '1.050', '(1.040', 'to', '1.061)'],
        ['third', '1.000'],
    ]


def test_markdown_has_the_values():
    assert markdown_table(COMPARISON).splitlines() == [
        '9 pictures of noise, valid',
        '',
        '|  | L1 | MSE | step |',
        '| --- | --- | --- | --- |',
        '| fill | 0.2500 | 0.0384 |  |',
        '| truth |  |  | 0.0627 |',
        '',
        'Left out: no time.',
    ]


def test_other_holes_than_the_centre_are_named():
    strokes = heading(replace(COMPARISON, holes='strokes'))
    assert strokes == '9 pictures of noise, valid, holes: strokes'
