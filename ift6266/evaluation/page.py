"""Comparisons as one HTML page that needs nothing else: tables, and the same pictures for all."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template

import numpy as np
from PIL import Image

from ift6266.evaluation.comparison import Comparison
from ift6266.evaluation.tables import (
    heading,
    number_text,
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


@dataclass(frozen=True)
class Section:
    """A split on the page.

    ``pictures`` are (pictures, 3, 64, 64) in [0, 1] by name, the columns from left to right;
    ``captions`` has a str for each picture.
    """

    comparison: Comparison
    pictures: dict[str, np.ndarray]
    captions: Sequence[str]


def html_page(title: str, sections: Sequence[Section]) -> str:
    """The page as text."""
    measures = {
        measure.name: measure
        for section in sections
        for measure in shown_measures(section.comparison)
    }
    return PAGE.substitute(
        title=escape(title),
        splits='\n'.join(map(_section, sections)),
        meanings='\n'.join(
            f'<li>{escape(measure.title)}: {escape(measure.meaning)}</li>'
            for measure in measures.values()
        ),
    )


def picture_uri(picture: np.ndarray) -> str:
    """A picture, (3, height, width) in [0, 1], as the data URI of a PNG."""
    pixels = np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8).transpose(1, 2, 0)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, 'PNG')
    return 'data:image/png;base64,' + base64.b64encode(content.getvalue()).decode('ascii')


def _section(section):
    comparison = section.comparison
    rows = zip(zip(*section.pictures.values()), section.captions)
    return SPLIT.substitute(
        measures=_measures(comparison),
        ratios=_ratios(comparison) if comparison.ratios else '',
        left_out='\n'.join(f'<p>Left out: {escape(line)}</p>' for line in comparison.left_out),
        names=''.join(f'<th>{escape(name)}</th>' for name in section.pictures),
        pictures='\n'.join(_pictures_row(*row) for row in rows),
    )


def _measures(comparison):
    measures = shown_measures(comparison)
    rows = (
        _row(row.kind, row.name, (_cell(row.values, measure) for measure in measures))
        for row in comparison.rows
    )
    return _table(heading(comparison), measures, rows, level='h2')


def _ratios(comparison):
    measures = shown_ratios(comparison)
    rows = (
        _row('model', ratio.name, (ratio_text(ratio, measure) for measure in measures))
        for ratio in comparison.ratios
    )
    return _table(ratios_heading(comparison), measures, rows, level='h3')


def _table(title, measures, rows, *, level):
    return TABLE.substitute(
        level=level,
        heading=escape(title),
        rows='\n'.join(rows),
        titles=''.join(f'<th>{escape(measure.title)}</th>' for measure in measures),
    )


def _row(kind, name, cells):
    cells = ''.join(f'<td>{cell}</td>' for cell in cells)
    return f'<tr class="{kind}"><th>{escape(name)}</th>{cells}</tr>'


def _cell(values, measure):
    """The value of a measure, and below it the ends of its interval, where there are such."""
    number = number_text(values, measure)
    if measure.name + '_interval' not in values:
        return number
    low, high = (f'{end:.{measure.digits}f}' for end in values[measure.name + '_interval'])
    return f'{number}<small>{low} to {high}</small>'


def _pictures_row(pictures, caption):
    cells = ''.join(f'<td><img src="{picture_uri(picture)}" alt=""></td>' for picture in pictures)
    return f'<tr>{cells}<td class="caption">{escape(caption)}</td></tr>'
