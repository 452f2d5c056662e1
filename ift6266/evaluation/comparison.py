"""Ways of painting beside each other on one split: measured, and as a table for people to read."""

from collections import namedtuple

from ift6266.evaluation.measures import MEASURES, RATIOS, measure, ratios, summarize_truth, summary

TRUTH = 'truth'

Row = namedtuple('Row', 'name kind values')
Row.__doc__ = """One way of painting.

``kind`` is ``'baseline'``, ``'model'`` or ``'truth'``; ``values`` is the dict that
:func:`~ift6266.evaluation.measures.summary` returns.
"""

Ratio = namedtuple('Ratio', 'name to values')
Ratio.__doc__ = """A model beside the first one.

``name`` and ``to`` are the names of the two; ``values`` is the dict that
:func:`~ift6266.evaluation.measures.ratios` returns.
"""

Comparison = namedtuple('Comparison', 'dataset split rows left_out ratios', defaults=((),))
Comparison.__doc__ = """The :class:`Row` s of one split, the truth's last, and what was left out.

``left_out`` has a line for each thing that could not be had; ``ratios`` are the :class:`Ratio` s of
all models but the first.
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
    ratios : list of :class:`Ratio`
    """
    rows, left_out, models = [], [], []
    for name, kind, inpaint, minibatches in ways:
        measured = measure(inpaint, minibatches, training)
        values, lines = summary(measured)
        rows.append(Row(name, kind, values))
        left_out += lines
        if kind == 'model':
            models.append((name, measured))
    values, lines = summarize_truth(stream, training)
    rows.append(Row(TRUTH, 'truth', values))
    return (
        rows,
        list(dict.fromkeys(left_out + lines)),
        [
            Ratio(name, models[0][0], ratios(measured, models[0][1]))
            for name, measured in models[1:]
        ],
    )


def as_dict(comparison):
    """The comparison for JSON."""
    rows = [{'name': row.name, 'kind': row.kind, **row.values} for row in comparison.rows]
    return {
        'dataset': comparison.dataset,
        'split': comparison.split,
        'rows': rows,
        'left_out': comparison.left_out,
        'ratios': [
            {'name': ratio.name, 'to': ratio.to, **ratio.values} for ratio in comparison.ratios
        ],
    }


def heading(comparison):
    """What was measured, in a line."""
    return '{} pictures of {}, {}'.format(
        comparison.rows[0].values['pictures'], comparison.dataset, comparison.split
    )


def shown_measures(comparison):
    """Those of the measures that some row has."""
    return [
        measure
        for measure in MEASURES
        if any(measure.name in row.values for row in comparison.rows)
    ]


def text_table(comparison):
    """The comparison in columns, under each value half the width of its interval."""
    measures = shown_measures(comparison)
    width = max(len(row.name) for row in comparison.rows)
    lines = [
        heading(comparison),
        'beneath each value, ± half the width of its 95 % interval over pictures',
        '',
        _line('', [measure.title for measure in measures], width),
    ]
    for row in comparison.rows:
        lines.append(_line(row.name, [_number(row, measure) for measure in measures], width))
        spreads = [_spread(row, measure) for measure in measures]
        if any(spreads):
            lines.append(_line('', spreads, width))
    if comparison.ratios:
        lines += ['', *_ratio_lines(comparison)]
    lines += [''] * bool(comparison.left_out)
    return '\n'.join(lines + ['left out: ' + line for line in comparison.left_out])


def markdown_table(comparison):
    """The values of the comparison, without intervals, as Markdown."""
    measures = shown_measures(comparison)
    rows = [[''] + [measure.title for measure in measures], ['---'] * (1 + len(measures))]
    rows += [
        [row.name] + [_number(row, measure) for measure in measures] for row in comparison.rows
    ]
    lines = [heading(comparison), '', *('| {} |'.format(' | '.join(row)) for row in rows)]
    lines += [''] * bool(comparison.left_out)
    return '\n'.join(lines + ['Left out: ' + line + '.' for line in comparison.left_out])


def ratios_heading(comparison):
    """What the ratios are, in a line."""
    return f"Multiples of {comparison.ratios[0].to}'s, of the same pictures"


def shown_ratios(comparison):
    """Those of the measures that some ratio has."""
    return [
        measure
        for measure in RATIOS
        if any(measure.name in ratio.values for ratio in comparison.ratios)
    ]


def ratio_text(ratio, measure):
    """A ratio and its interval, as ``1.050 (1.040 to 1.061)``; '' where there is none."""
    if measure.name not in ratio.values:
        return ''
    ends = ratio.values.get(measure.name + '_interval')
    return f'{ratio.values[measure.name]:.3f}' + (
        '' if ends is None else ' ({:.3f} to {:.3f})'.format(*ends)
    )


def _ratio_lines(comparison):
    measures = shown_ratios(comparison)
    width = max(len(ratio.name) for ratio in comparison.ratios)
    cells = [('', [measure.title for measure in measures])] + [
        (ratio.name, [ratio_text(ratio, measure) for measure in measures])
        for ratio in comparison.ratios
    ]
    return [ratios_heading(comparison), ''] + [
        '{:<{}}{}'.format(name, width, ''.join(map('{:>25}'.format, row))).rstrip()
        for name, row in cells
    ]


def _line(name, cells, width):
    return '{:<{}}{}'.format(name, width, ''.join(map('{:>11}'.format, cells))).rstrip()


def _number(row, measure):
    value = row.values.get(measure.name)
    return '' if value is None else '{:.{}f}'.format(value, measure.digits)


def _spread(row, measure):
    ends = row.values.get(measure.name + '_interval')
    return '' if ends is None else '±{:.{}f}'.format((ends[1] - ends[0]) / 2, measure.digits)
