"""All that is measured of a way of painting, over a whole split, with intervals."""

from collections import defaultdict, namedtuple

import numpy as np

from ift6266.errors import InputError
from ift6266.evaluation.bootstrap import interval, resampled_means
from ift6266.evaluation.border import border_step
from ift6266.evaluation.gradients import gradient_energy
from ift6266.evaluation.metrics import l1, mse, psnr
from ift6266.evaluation.nearest import training_distance
from ift6266.evaluation.similarity import ssim
from ift6266.evaluation.wasserstein import LEVELS, floor, sliced_wasserstein

SEARCHED = 500  # pictures, spread evenly, whose nearest training centre is sought
DISTANCES = tuple(f'swd_{side}' for side in LEVELS)

Measure = namedtuple('Measure', 'name title digits needs of meaning')
Measure.__doc__ = """One number for a split.

``of`` makes it of the means of the columns that it ``needs``, numbers or arrays of them;
``title`` and ``digits`` are for tables, ``meaning`` is for readers.
"""

MEASURES = (
    Measure('l1', 'L1', 4, ('l1',), lambda l1: l1, 'mean absolute error; less is better'),
    Measure('mse', 'MSE', 4, ('mse',), lambda mse: mse, 'mean squared error; less is better'),
    Measure('psnr', 'PSNR', 2, ('mse',), psnr, 'of the mean error, in decibels; more is better'),
    Measure(
        'ssim',
        'SSIM',
        3,
        ('ssim',),
        lambda ssim: ssim,
        'structural similarity, windows of 7×7 about the pixels of the hole; more is better',
    ),
    Measure(
        'gradient_ratio',
        'gradient',
        3,
        ('gradient', 'true_gradient'),
        lambda painted, true: painted / true,
        "energy of the gradients as a multiple of the truth's; 1 is right, less is blur",
    ),
    Measure(
        'border_step',
        'step',
        4,
        ('border_step',),
        lambda step: step,
        "mean absolute difference of the pixels that meet at the hole's border",
    ),
    Measure(
        'border_step_ratio',
        'step/truth',
        3,
        ('border_step', 'true_border_step'),
        lambda painted, true: painted / true,
        "the same as a multiple of the truth's; 1 is right, more shows where the hole was",
    ),
    *(
        Measure(
            name,
            f'SWD {side}',
            1,
            (name,),
            lambda distance: 1000 * distance,
            f'sliced Wasserstein distance × 1000 of 7×7 patches, pyramid at {side} pixels; less is '
            "better, and the truth's is that between its halves",
        )
        for name, side in zip(DISTANCES, LEVELS)
    ),
    Measure(
        'training_distance',
        'to train',
        4,
        ('training_distance',),
        lambda distance: distance,
        f'mean squared difference from the nearest training centre, for {SEARCHED} pictures; far below '
        "the truth's it is memory or blur",
    ),
)

# What a model's column is divided by another's for: colours and texture.
RATIOS = tuple(measure for measure in MEASURES if measure.name in ('mse', DISTANCES[0]))

Measured = namedtuple('Measured', 'columns left_out')
Measured.__doc__ = """Numbers of a way of painting.

``columns`` is a dict of (pictures,) float64 arrays; ``left_out`` says in a line each which
measures cannot be taken.
"""


def measure(inpaint, stream, training=None):
    """Measure a way of painting on every picture.

    All centres are kept until the end, 24 kB a picture.

    Parameters
    ----------
    inpaint, stream
        As :func:`ift6266.evaluation.evaluate.picture_errors` takes them.
    training : array, (pictures, 3, 64, 64) uint8, optional
        The pictures that were learned from, to look for memories of them.

    Returns
    -------
    :class:`Measured`

    Raises
    ------
    InputError
        If the stream is empty.
    """
    parts, painted, true = defaultdict(list), [], []
    for *inputs, target in stream:
        context, centre = inputs[0], inpaint(*inputs)
        for name, values in _picture_by_picture(context, centre, target).items():
            parts[name].append(values)
        painted.append(centre)
        true.append(target)
    if not true:
        raise InputError('there are no pictures to evaluate on')
    columns = {name: np.concatenate(values) for name, values in parts.items()}
    painted, true = np.concatenate(painted), np.concatenate(true)
    if training is not None:
        columns['training_distance'] = training_distance(_spread(painted), training)
    try:
        columns.update(zip(DISTANCES, sliced_wasserstein(painted, true)))
    except InputError as reason:
        return Measured(columns, [str(reason)])
    return Measured(columns, [])


def summary(measured):
    """The measures as a dict: each by its name, and its 95 % interval as ``…_interval``.

    Intervals are by the bootstrap over pictures; both sides of a ratio are of the same resampled
    pictures.  With them comes ``pictures``, their number.  What cannot be given is not there;
    the second result has a line on each.
    """
    values, left_out = {}, list(measured.left_out)
    pictures = max(map(len, measured.columns.values()))
    means = {name: column.mean() for name, column in measured.columns.items()}
    draws = {}
    try:
        draws = {name: resampled_means(column) for name, column in measured.columns.items()}
    except InputError as reason:
        left_out.append(str(reason))
    with np.errstate(divide='ignore', invalid='ignore'):
        for name, _, _, needs, of, _ in MEASURES:
            if not set(needs) <= set(means):
                continue
            value = of(*(means[need] for need in needs))
            if not np.isfinite(value):
                left_out.append(f'{name} is no finite number on these pictures')
                continue
            values[name] = float(value)
            if draws:
                ends = interval(of(*(draws[need] for need in needs)))
                if np.isfinite(ends).all():
                    values[name + '_interval'] = [float(end) for end in ends]
    return {**values, 'pictures': pictures}, left_out


def ratios(measured, reference):
    """The measures in :data:`RATIOS` as multiples of those of another way of painting.

    Parameters
    ----------
    measured, reference : :class:`Measured`
        Of the same pictures.

    Returns
    -------
    dict
        Each by its name, and its 95 % interval as ``…_interval``: by the bootstrap, the pictures
        being resampled for both together.  What one of them lacks is not there, nor are intervals
        with fewer than two pictures.
    """
    values = {}
    for name in (measure.name for measure in RATIOS):
        if name not in measured.columns or name not in reference.columns:
            continue
        pairs = np.stack([measured.columns[name], reference.columns[name]], axis=1)
        painted, other = pairs.mean(axis=0)
        if not other:
            continue
        values[name] = float(painted / other)
        if len(pairs) > 1:
            draws = resampled_means(pairs)
            values[name + '_interval'] = [float(end) for end in interval(draws[:, 0] / draws[:, 1])]
    return values


def summarize_truth(stream, training=None):
    """What the measures are for the true centres: the marks for texture, border and memory.

    The sliced Wasserstein distance is that between two halves of them, without an interval.
    Arguments as in :func:`measure`, result as in :func:`summary`.
    """
    parts = [
        (gradient_energy(target), border_step(context, target), target)
        for context, target in stream
    ]
    energy, step, true = map(np.concatenate, zip(*parts))
    columns = {
        'gradient': energy,
        'true_gradient': energy,
        'border_step': step,
        'true_border_step': step,
    }
    if training is not None:
        columns['training_distance'] = training_distance(_spread(true), training)
    values, left_out = summary(Measured(columns, []))
    try:
        distances = [1000 * float(shares.mean()) for shares in floor(true)]
    except InputError as reason:
        return values, left_out + [str(reason)]
    return {**values, **dict(zip(DISTANCES, distances))}, left_out


def _picture_by_picture(context, painted, target):
    return {
        'l1': l1(painted, target),
        'mse': mse(painted, target),
        'ssim': ssim(context, painted, target),
        'gradient': gradient_energy(painted),
        'true_gradient': gradient_energy(target),
        'border_step': border_step(context, painted),
        'true_border_step': border_step(context, target),
    }


def _spread(centres):
    return centres[np.linspace(0, len(centres) - 1, min(SEARCHED, len(centres))).astype(int)]
