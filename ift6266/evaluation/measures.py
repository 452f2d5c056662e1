"""All that is measured of a way of painting, over a whole split, with intervals."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ift6266.errors import InputError
from ift6266.evaluation import Minibatch, Paint
from ift6266.evaluation.bootstrap import interval, resampled_means
from ift6266.evaluation.features import feature_distance, features, frechet_shares
from ift6266.evaluation.metrics import border_step, gradient_energy, l1, mse, psnr, ssim
from ift6266.evaluation.neighbours import training_distance
from ift6266.evaluation.spectrum import line_energy
from ift6266.evaluation.texture import LEVELS, floor, sliced_wasserstein

SEARCHED = 500  # pictures, spread evenly, for which the nearest training picture is sought
DISTANCES = tuple(f'swd_{side}' for side in LEVELS)


@dataclass(frozen=True)
class Measure:
    """One number for a split.

    ``of`` makes it of the means of the columns that it ``needs``, numbers or arrays of them.
    ``name`` is for JSON, ``title`` and ``digits`` are for tables, ``meaning`` is for readers.
    """

    name: str
    title: str
    digits: int
    needs: tuple[str, ...]
    of: Callable[..., float | np.ndarray]
    meaning: str


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
        'grid',
        'grid',
        2,
        ('on_lines', 'beside_lines', 'true_on_lines', 'true_beside_lines'),
        lambda on, beside, true_on, true_beside: on / beside / (true_on / true_beside),
        'energy in the spectrum at periods of 2 and 4 pixels beside that at frequencies around '
        "them, as a multiple of the truth's; 1 is right, more is a grid",
    ),
    Measure(
        'features',
        'features',
        4,
        ('features',),
        lambda distance: distance,
        'mean squared difference of the features of whole pictures to a network trained on '
        'photographs; less is better',
    ),
    Measure(
        'frechet',
        'Fréchet',
        3,
        ('frechet',),
        lambda distance: distance,
        'Fréchet distance of painted pictures from true ones by such features; less is better',
    ),
    Measure(
        'training_distance',
        'to train',
        4,
        ('training_distance',),
        lambda distance: distance,
        'mean squared difference in the hole from the nearest training picture, for '
        f"{SEARCHED} pictures; far below the truth's it is memory or blur",
    ),
)

# What a model's column is divided by another's for: colours, texture, and what is to be seen.
RATIOS = tuple(each for each in MEASURES if each.name in ('mse', *DISTANCES, 'features'))


@dataclass(frozen=True)
class Measured:
    """Numbers of a way of painting.

    ``columns`` are (pictures,) float64 by name; ``left_out`` says in a line each which measures
    cannot be taken.
    """

    columns: dict[str, np.ndarray]
    left_out: Sequence[str] = ()


class SharedHole:
    """What pictures have in the hole, where they all have the same: 12 kB each for 32×32."""

    def __init__(self):
        self.hole, self._pixels = None, []

    def add(self, mask: np.ndarray, *pictures: np.ndarray):
        """Add a minibatch: its mask, and any number of arrays of pictures, always the same."""
        holes = mask[:, 0] > 0
        if self.hole is None:
            self.hole = holes[0]
        if self._pixels is not None and (holes == self.hole).all():
            self._pixels.append([each[..., self.hole] for each in pictures])
        else:
            self._pixels = None

    def pixels(self) -> list[np.ndarray]:
        """For each of the arrays (pictures, 3, pixels), in the order in which the hole indexes.

        Raises :class:`InputError` where pictures have different holes.
        """
        if self._pixels is None:
            raise InputError(
                'the sliced Wasserstein distance and the distance to the training pictures take '
                'the same hole in all pictures'
            )
        return [np.concatenate(each) for each in zip(*self._pixels)]

    def rectangle(self, pixels: np.ndarray) -> np.ndarray:
        """Such pixels as (pictures, 3, height, width).

        Raises :class:`InputError` where the hole is no rectangle.
        """
        box = self.hole[np.ix_(self.hole.any(axis=1), self.hole.any(axis=0))]
        if not box.all():
            raise InputError('the sliced Wasserstein distance takes a rectangular hole')
        return pixels.reshape(*pixels.shape[:2], *box.shape)


def measure(
    paint: Paint, stream: Iterable[Minibatch], training: np.ndarray | None = None
) -> Measured:
    """Measure a way of painting on every picture.

    ``training``, (pictures, 3, 64, 64) uint8, are the pictures that were learned from, to look for
    memories of them.  Raises :class:`InputError` where the stream is empty.
    """
    parts, shared = defaultdict(list), SharedHole()
    vectors = []
    for minibatch in stream:
        painted, picture, mask = paint(minibatch), minibatch['picture'], minibatch['mask']
        for name, values in _picture_by_picture(painted, picture, mask).items():
            parts[name].append(values)
        distance, *both = _by_features(painted, picture)
        parts['features'].append(distance)
        vectors.append(both)
        shared.add(mask, painted, picture)
    if not parts:
        raise InputError('there are no pictures to evaluate on')
    columns = {name: np.concatenate(values) for name, values in parts.items()}
    left_out = []
    try:
        columns['frechet'] = frechet_shares(*map(np.concatenate, zip(*vectors)))
    except InputError as reason:
        left_out.append(str(reason))
    try:
        painted, true = shared.pixels()
        if training is not None:
            columns['training_distance'] = _training_distance(painted, shared.hole, training)
        rectangles = [shared.rectangle(pixels) for pixels in (painted, true)]
        columns.update(_lines(*map(line_energy, rectangles)))
        columns.update(zip(DISTANCES, sliced_wasserstein(*rectangles)))
    except InputError as reason:
        left_out.append(str(reason))
    return Measured(columns, left_out)


def summary(measured: Measured) -> tuple[dict[str, float | list[float]], list[str]]:
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
        for each in MEASURES:
            if not set(each.needs) <= set(means):
                continue
            value = each.of(*(means[need] for need in each.needs))
            if not np.isfinite(value):
                left_out.append(f'{each.name} is no finite number on these pictures')
                continue
            values[each.name] = float(value)
            if draws:
                ends = interval(each.of(*(draws[need] for need in each.needs)))
                if np.isfinite(ends).all():
                    values[each.name + '_interval'] = list(map(float, ends))
    return {**values, 'pictures': pictures}, left_out


def ratios(measured: Measured, reference: Measured) -> dict[str, float | list[float]]:
    """The measures in :data:`RATIOS` as multiples of another way's, of the same pictures.

    Each by its name, and its 95 % interval as ``…_interval``: by the bootstrap, the same pictures
    being drawn for both.  What one of them lacks is not there, nor are intervals with fewer than
    two pictures.
    """
    values = {}
    for name in (each.name for each in RATIOS):
        if name not in measured.columns or name not in reference.columns:
            continue
        pairs = np.stack([measured.columns[name], reference.columns[name]], axis=1)
        painted, other = pairs.mean(axis=0)
        if not other:
            continue
        values[name] = float(painted / other)
        if len(pairs) > 1:
            draws = resampled_means(pairs)
            values[name + '_interval'] = list(map(float, interval(draws[:, 0] / draws[:, 1])))
    return values


def summarize_truth(
    stream: Iterable[Minibatch], training: np.ndarray | None = None
) -> tuple[dict[str, float | list[float]], list[str]]:
    """What the measures are for the true pictures: the marks for texture, border and memory.

    The sliced Wasserstein distance is that between two halves of them, without an interval.
    Arguments as in :func:`measure`, result as in :func:`summary`.
    """
    parts, shared = [], SharedHole()
    for minibatch in stream:
        picture, mask = minibatch['picture'], minibatch['mask']
        parts.append((gradient_energy(picture, mask), border_step(picture, mask)))
        shared.add(mask, picture)
    energy, step = map(np.concatenate, zip(*parts))
    columns = {
        'gradient': energy,
        'true_gradient': energy,
        'border_step': step,
        'true_border_step': step,
    }
    distances, left_out = {}, []
    try:
        (true,) = shared.pixels()
        if training is not None:
            columns['training_distance'] = _training_distance(true, shared.hole, training)
        rectangle = shared.rectangle(true)
        columns.update(_lines(*2 * [line_energy(rectangle)]))
        shares = floor(rectangle)
        distances = {name: 1000 * float(each.mean()) for name, each in zip(DISTANCES, shares)}
    except InputError as reason:
        left_out.append(str(reason))
    values, lines = summary(Measured(columns))
    return {**values, **distances}, lines + left_out


def _picture_by_picture(painted, picture, mask):
    return {
        'l1': l1(painted, picture, mask),
        'mse': mse(painted, picture, mask),
        'ssim': ssim(painted, picture, mask),
        'gradient': gradient_energy(painted, mask),
        'true_gradient': gradient_energy(picture, mask),
        'border_step': border_step(painted, mask),
        'true_border_step': border_step(picture, mask),
    }


def _lines(painted, true):
    """The columns of two pairs of energies, as :func:`line_energy` returns them."""
    return dict(
        zip(('on_lines', 'beside_lines', 'true_on_lines', 'true_beside_lines'), painted + true)
    )


def _by_features(painted, picture):
    """The distance of painted pictures from true ones, and the vectors of both."""
    (maps, vectors), (true_maps, true_vectors) = features(painted), features(picture)
    return feature_distance(maps, true_maps), vectors, true_vectors


def _training_distance(pixels, hole, training):
    """That of at most :data:`SEARCHED` pictures."""
    chosen = np.linspace(0, len(pixels) - 1, min(SEARCHED, len(pixels))).astype(int)
    return training_distance(pixels[chosen], hole, training)
