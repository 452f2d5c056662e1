"""Comparisons as one HTML page that needs nothing else: tables, and the same pictures for all."""

import base64
import io
from html import escape
from string import Template

import numpy as np
from PIL import Image

from ift6266.evaluation.comparison import (
    heading,
    ratio_text,
    ratios_heading,
    shown_measures,
    shown_ratios,
)

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>$title</title>
<style>
body { font: 15px/1.4 sans-serif; margin: 2em auto; max-width: 98em; padding: 0 1em; }
div { overflow-x: auto; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .3em .7em; text-align: right; font-weight: normal; vertical-align: baseline; }
td { font-variant-numeric: tabular-nums; }
th:first-child { text-align: left; white-space: nowrap; }
thead th { border-bottom: 1px solid; }
tbody tr { border-bottom: 1px solid #ddd; }
tr.model { background: #f2f6fb; }
tr.model th:first-child { font-weight: bold; }
small { display: block; color: #666; white-space: nowrap; }
.pictures tr { border: 0; }
.pictures th, .pictures td { padding: 2px; text-align: center; }
.pictures th { max-width: 128px; vertical-align: bottom; }
.pictures td.caption { text-align: left; max-width: 14em; vertical-align: middle; }
img { width: 128px; height: 128px; image-rendering: pixelated; display: block; }
</style>
</head>
<body>
<h1>$title</h1>
$splits
<h2>What the columns say</h2>
<p>Small: the 95&nbsp;% interval, by the bootstrap over pictures.</p>
<ul>
$meanings
</ul>
</body>
</html>
""")

TABLE = Template("""<$level>$heading</$level>
<div><table>
<thead><tr><th></th>$titles</tr></thead>
<tbody>
$rows
</tbody>
</table></div>
""")

SPLIT = Template("""$measures
$ratios
$left_out
<p>Pictures spread evenly over the split; the same for all.</p>
<div><table class="pictures">
<thead><tr>$names<th></th></tr></thead>
<tbody>
$pictures
</tbody>
</table></div>
""")


def html_page(title, comparisons):
    """The page as text.

    Parameters
    ----------
    title : str
    comparisons : list of (Comparison, pictures, captions)
        ``pictures`` is a dict by name of arrays, (pictures, 3, 64, 64) in [0, 1], the columns
        from left to right; ``captions`` a str for each picture.
    """
    measures = {
        measure.name: measure
        for comparison, _, _ in comparisons
        for measure in shown_measures(comparison)
    }
    return PAGE.substitute(
        title=escape(title),
        splits='\n'.join(_split(*each) for each in comparisons),
        meanings='\n'.join(
            f'<li>{escape(measure.title)}: {escape(measure.meaning)}</li>'
            for measure in measures.values()
        ),
    )


def picture_uri(picture):
    """A picture, (3, height, width) in [0, 1], as the data URI of a PNG."""
    pixels = np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8).transpose(1, 2, 0)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, 'PNG')
    return 'data:image/png;base64,' + base64.b64encode(content.getvalue()).decode('ascii')


def _split(comparison, pictures, captions):
    measures = shown_measures(comparison)
    return SPLIT.substitute(
        measures=_table(
            'h2', heading(comparison), measures, (_row(row, measures) for row in comparison.rows)
        ),
        ratios=_ratios(comparison) if comparison.ratios else '',
        left_out='\n'.join(f'<p>Left out: {escape(line)}</p>' for line in comparison.left_out),
        names=''.join(f'<th>{escape(name)}</th>' for name in pictures),
        pictures='\n'.join(
            _pictures_row(row, caption) for row, caption in zip(zip(*pictures.values()), captions)
        ),
    )


def _ratios(comparison):
    measures = shown_ratios(comparison)
    return _table(
        'h3',
        ratios_heading(comparison),
        measures,
        (
            '<tr class="model"><th>{}</th>{}</tr>'.format(
                escape(ratio.name),
                ''.join(f'<td>{ratio_text(ratio, measure)}</td>' for measure in measures),
            )
            for ratio in comparison.ratios
        ),
    )


def _table(level, title, measures, rows):
    return TABLE.substitute(
        level=level,
        heading=escape(title),
        rows='\n'.join(rows),
        titles=''.join(f'<th>{escape(measure.title)}</th>' for measure in measures),
    )


def _row(row, measures):
    return '<tr class="{}"><th>{}</th>{}</tr>'.format(
        row.kind, escape(row.name), ''.join(_cell(row.values, measure) for measure in measures)
    )


def _cell(values, measure):
    if measure.name not in values:
        return '<td></td>'
    number = f'{{:.{measure.digits}f}}'.format
    ends = values.get(measure.name + '_interval')
    return '<td>{}{}</td>'.format(
        number(values[measure.name]),
        '' if ends is None else '<small>{} to {}</small>'.format(*map(number, ends)),
    )


def _pictures_row(pictures, caption):
    cells = ''.join(f'<td><img src="{picture_uri(picture)}" alt=""></td>' for picture in pictures)
    return f'<tr>{cells}<td class="caption">{escape(caption)}</td></tr>'
