"""Comparisons as tables of text for people to read."""

from ift6266.evaluation.comparison import Comparison, Ratio
from ift6266.evaluation.measures import MEASURES, RATIOS, Measure


def heading(comparison: Comparison) -> str:
    """What was measured, in a line."""
    pictures = comparison.rows[0].values['pictures']
    holes = '' if comparison.holes == 'centre' else f', holes: {comparison.holes}'
    return f'{pictures} pictures of {comparison.dataset}, {comparison.split}{holes}'


def shown_measures(comparison: Comparison) -> list[Measure]:
    """Those of the measures that some row has."""
    return [each for each in MEASURES if any(each.name in row.values for row in comparison.rows)]


def number_text(values: dict, measure: Measure) -> str:
    """The value of a measure with its digits; '' where there is none."""
    return f'{values[measure.name]:.{measure.digits}f}' if measure.name in values else ''


def ratios_heading(comparison: Comparison) -> str:
    """What the ratios are, in a line."""
    return f"Multiples of {comparison.ratios[0].to}'s, of the same pictures"


def shown_ratios(comparison: Comparison) -> list[Measure]:
    """Those of the measures that some ratio has."""
    return [
        each for each in RATIOS if any(each.name in ratio.values for ratio in comparison.ratios)
    ]


def ratio_text(ratio: Ratio, measure: Measure) -> str:
    """A ratio and its interval, as ``1.050 (1.040 to 1.061)``; '' where there is none."""
    if measure.name not in ratio.values:
        return ''
    ends = ratio.values.get(measure.name + '_interval')
    interval = '' if ends is None else f' ({ends[0]:.3f} to {ends[1]:.3f})'
    return f'{ratio.values[measure.name]:.3f}{interval}'


def text_table(comparison: Comparison) -> str:
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
        numbers = [number_text(row.values, measure) for measure in measures]
        lines.append(_line(row.name, numbers, width))
        spreads = [_spread(row.values, measure) for measure in measures]
        if any(spreads):
            lines.append(_line('', spreads, width))
    if comparison.ratios:
        lines += ['', *_ratio_lines(comparison)]
    lines += [''] * bool(comparison.left_out)
    return '\n'.join(lines + [f'left out: {line}' for line in comparison.left_out])


def markdown_table(comparison: Comparison) -> str:
    """The values of the comparison, without intervals, as Markdown."""
    measures = shown_measures(comparison)
    rows = [['', *(measure.title for measure in measures)], ['---'] * (1 + len(measures))]
    rows += [
        [row.name, *(number_text(row.values, measure) for measure in measures)]
        for row in comparison.rows
    ]
    lines = [heading(comparison), '', *(f'| {" | ".join(row)} |' for row in rows)]
    lines += [''] * bool(comparison.left_out)
    return '\n'.join(lines + [f'Left out: {line}.' for line in comparison.left_out])


def _ratio_lines(comparison):
    measures = shown_ratios(comparison)
    width = max(len(ratio.name) for ratio in comparison.ratios)
    rows = [('', [measure.title for measure in measures])]
    rows += [
        (ratio.name, [ratio_text(ratio, measure) for measure in measures])
        for ratio in comparison.ratios
    ]
    return [ratios_heading(comparison), '', *(_line(*row, width, cell=25) for row in rows)]


def _line(name, cells, width, *, cell=11):
    """A name ``width`` characters wide, then cells of ``cell`` characters, flush right."""
    return (f'{name:<{width}}' + ''.join(f'{each:>{cell}}' for each in cells)).rstrip()


def _spread(values, measure):
    ends = values.get(measure.name + '_interval')
    return '' if ends is None else f'±{(ends[1] - ends[0]) / 2:.{measure.digits}f}'
