"""Results to look at: painted pictures in grids, and the curves of a run."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from ift6266.evaluation import Minibatch
from ift6266.holes import SIZE


def sample_grid(minibatch: Minibatch, painted: np.ndarray, gap: int = 2) -> np.ndarray:
    """Rows of hole | painted | truth, two side by side where their number is even.

    Parameters
    ----------
    minibatch
        Its ``context`` and ``picture`` are shown.
    painted : (batch, 3, 64, 64) in [0, 1]
    gap
        White pixels between pictures.

    Returns
    -------
    array
        (height, width, 3) uint8.
    """
    triples = np.stack([minibatch['context'], painted, minibatch['picture']], axis=1)
    pixels = np.rint(255 * triples).astype(np.uint8).transpose(0, 1, 3, 4, 2)
    framed = np.pad(pixels, [(0, 0), (0, 0), (0, gap), (0, gap), (0, 0)], constant_values=255)
    rows = [np.concatenate(list(triple), axis=1) for triple in framed]
    columns = 2 if len(rows) % 2 == 0 else 1
    return np.concatenate(
        [np.concatenate(rows[start::columns], axis=0) for start in range(columns)], axis=1
    )


def pictures_figure(rows: dict[str, np.ndarray], names: Sequence[str], gap: int = 3) -> Figure:
    """Pictures in rows, with a name under each column.

    ``rows`` are (pictures, 3, 64, 64) in [0, 1] by label.
    """
    framed = [
        np.pad(pictures, [(0, 0), (0, 0), (0, gap), (0, gap)], constant_values=1)
        for pictures in rows.values()
    ]
    image = np.concatenate([np.concatenate(list(pictures), axis=2) for pictures in framed], axis=1)
    axes = Figure(figsize=(11, 1.4 * len(rows) + 0.5)).subplots()
    axes.imshow(image.transpose(1, 2, 0))
    middles = SIZE // 2 + (SIZE + gap) * np.arange(max(len(rows), len(names)))
    axes.set_xticks(middles[: len(names)], names, fontsize=7, parse_math=False)
    axes.set_yticks(middles[: len(rows)], rows)
    axes.tick_params(length=0)
    axes.set_frame_on(False)
    return axes.figure


def curves_figure(log: Sequence[dict]) -> Figure:
    """The curves of a run, by the records of its log.

    Above the training and held-out squared error beside the harmonic fill's; below, for
    a GAN, the losses of critic and generator.
    """
    adversarial = any('critic_loss' in record for record in log)
    figure = Figure(figsize=(7, 6 if adversarial else 4), tight_layout=True)
    axes = figure.subplots(2 if adversarial else 1, 1, sharex=True, squeeze=False)[:, 0]
    for name, label, style in (
        ('train_mse', 'training', '.-'),
        ('valid_mse', 'held out', 'o-'),
        ('harmonic_mse', 'harmonic fill, held out', '--'),
    ):
        _plot(axes[0], log, name, label=label, style=style)
    axes[0].set_ylabel('squared error in the hole')
    if adversarial:
        _plot(axes[1], log, 'critic_loss', label='critic: below zero, it tells real from painted')
        _plot(axes[1], log, 'generator_loss', label='generator')
        axes[1].set_ylabel('loss')
    for axis in axes:
        axis.legend()
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel('epoch')
    axes[-1].xaxis.get_major_locator().set_params(integer=True)
    return figure


def _plot(axis, log, name, *, label, style='.-'):
    points = [(record['epoch'], record[name]) for record in log if name in record]
    if points:
        axis.plot(*zip(*points), style, label=label)
