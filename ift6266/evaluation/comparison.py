"""Ways of painting beside each other on one split."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ift6266.evaluation import Minibatch, Paint
from ift6266.evaluation.measures import measure, ratios, summarize_truth, summary

TRUTH = 'truth'


@dataclass(frozen=True)
class Way:
    """A way of painting: ``kind`` is 'baseline' or 'model', ``minibatches`` are what it paints."""

    name: str
    kind: str
    paint: Paint
    minibatches: Iterable[Minibatch]


@dataclass(frozen=True)
class Row:
    """What was measured of a way of painting, or of the truth, whose ``kind`` is 'truth'.

    ``values`` is the dict that :func:`~ift6266.evaluation.measures.summary` returns.
    """

    name: str
    kind: str
    values: dict


@dataclass(frozen=True)
class Ratio:
    """A model, ``name``, beside the first one, ``to``.

    ``values`` is the dict that :func:`~ift6266.evaluation.measures.ratios` returns.
    """

    name: str
    to: str
    values: dict


@dataclass(frozen=True)
class Comparison:
    """The rows of one split, the truth's last, and what was left out.

    ``left_out`` has a line for each thing that could not be had; ``ratios`` are those of all models
    but the first; ``holes`` is one of :data:`ift6266.holes.HOLES`.
    """

    dataset: str
    split: str
    rows: Sequence[Row]
    left_out: Sequence[str]
    ratios: Sequence[Ratio] = ()
    holes: str = 'centre'


def compare(
    ways: Iterable[Way],
    stream: Iterable[Minibatch],
    *,
    dataset: str,
    split: str,
    holes: str = 'centre',
    training: np.ndarray | None = None,
) -> Comparison:
    """Measure one way of painting after the other, and then the true pictures of ``stream``.

    ``training`` is as :func:`~ift6266.evaluation.measures.measure` takes it; the other arguments
    only name what is measured.
    """
    rows, left_out, models = [], [], []
    for way in ways:
        measured = measure(way.paint, way.minibatches, training)
        values, lines = summary(measured)
        rows.append(Row(way.name, way.kind, values))
        left_out += lines
        if way.kind == 'model':
            models.append((way.name, measured))
    values, lines = summarize_truth(stream, training)
    rows.append(Row(TRUTH, 'truth', values))
    return Comparison(
        dataset=dataset,
        split=split,
        rows=rows,
        left_out=list(dict.fromkeys(left_out + lines)),
        ratios=[
            Ratio(name, models[0][0], ratios(measured, models[0][1]))
            for name, measured in models[1:]
        ],
        holes=holes,
    )


def as_dict(comparison: Comparison) -> dict:
    """The comparison for JSON; ``holes`` are named where they are not the centre."""
    return {
        'dataset': comparison.dataset,
        'split': comparison.split,
        **({} if comparison.holes == 'centre' else {'holes': comparison.holes}),
        'rows': [{'name': row.name, 'kind': row.kind, **row.values} for row in comparison.rows],
        'left_out': comparison.left_out,
        'ratios': [
            {'name': ratio.name, 'to': ratio.to, **ratio.values} for ratio in comparison.ratios
        ],
    }
