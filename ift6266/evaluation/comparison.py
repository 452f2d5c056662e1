"""Ways of painting beside each other on one split: measured, and as a table for people to read."""
from collections import namedtuple

from ift6266.evaluation.measures import MEASURES, measure, summarize_truth, summary

TRUTH = 'truth'

Row = namedtuple('Row', 'name kind values')
Row.__doc__ = """One way of painting.

``kind`` is ``'baseline'``, ``'model'`` or ``'truth'``; ``values`` is the dict that
:func:`~ift6266.evaluation.measures.summary` returns.
"""

Comparison = namedtuple('Comparison', 'dataset split rows left_out')
Comparison.__doc__ = """The :class:`Row` s of one split, the truth's last, and what was left out.

``left_out`` has a line for each thing that could not be had.
"""


def compare(ways, stream, training=None):
    """Measure one way of painting after the other, and then the true centres.

    Parameters
    ----------
    ways : iterable of (name, kind, inpaint, minibatches)
        What is handed to ``inpaint`` are the ``minibatches``: those of the stream, with captions
        where it takes them.
    stream : iterable of (context, target)
    training : array, optional
        As :func:`~ift6266.evaluation.measures.measure` takes it.

    Returns
    -------
    rows : list of :class:`Row`
    left_out : list of str
    """
    rows, left_out = [], []
    for name, kind, inpaint, minibatches in ways:
        values, lines = summary(measure(inpaint, minibatches, training))
        rows.append(Row(name, kind, values))
        left_out += lines
    values, lines = summarize_truth(stream, training)
    rows.append(Row(TRUTH, 'truth', values))
    return rows, list(dict.fromkeys(left_out + lines))


def as_dict(comparison):
    """The comparison for JSON."""
    rows = [{'name': row.name, 'kind': row.kind, **row.values} for row in comparison.rows]
    return {'dataset': comparison.dataset, 'split': comparison.split, 'rows': rows,
            'left_out': comparison.left_out}


def heading(comparison):
    """What was measured, in a line."""
    return '{} pictures of {}, {}'.format(comparison.rows[0].values['pictures'],
                                          comparison.dataset, comparison.split)


def shown_measures(comparison):
    """Those of the measures that some row has."""
    return [measure for measure in MEASURES
            if any(measure.name in row.values for row in comparison.rows)]


def text_table(comparison):
    """The comparison in columns, under each value half the width of its interval."""
    measures = shown_measures(comparison)
    width = max(len(row.name) for row in comparison.rows)
    lines = [heading(comparison),
             'beneath each value, ± half the width of its 95 % interval over pictures', '',
             _line('', [measure.title for measure in measures], width)]
    for row in comparison.rows:
        lines.append(_line(row.name, [_number(row, measure) for measure in measures], width))
        spreads = [_spread(row, measure) for measure in measures]
        if any(spreads):
            lines.append(_line('', spreads, width))
    lines += [''] * bool(comparison.left_out)
    return '\n'.join(lines + ['left out: ' + line for line in comparison.left_out])


def _line(name, cells, width):
    return '{:<{}}{}'.format(name, width, ''.join(map('{:>11}'.format, cells))).rstrip()


def _number(row, measure):
    value = row.values.get(measure.name)
    return '' if value is None else '{:.{}f}'.format(value, measure.digits)


def _spread(row, measure):
    ends = row.values.get(measure.name + '_interval')
    return '' if ends is None else '±{:.{}f}'.format((ends[1] - ends[0]) / 2, measure.digits)
