"""Streams of minibatches with the hole cut: shuffled for training, in order for evaluation."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import repeat

import numpy
from fuel.schemes import BatchScheme, SequentialScheme
from fuel.streams import DataStream

from ift6266.data.datasets import open_dataset
from ift6266.data.transformers import (
    AmongZeros,
    AverageCaptions,
    Beside,
    Crop,
    CutHoles,
    DrawCaption,
    HorizontalFlip,
    ToUnitInterval,
)
from ift6266.errors import InputError
from ift6266.holes import HOLES, SIZE, centre

PREFETCHED = 8  # minibatches, 12 MB for 32 pictures in float32
LARGEST_ENLARGEMENT = 1.4  # of pictures that are cropped
Place = Callable[[dict[str, numpy.ndarray]], dict]
DRAWS = ('flips', 'captions', 'holes', 'crops')


def training_stream(
    name: str,
    split: str = 'train',
    *,
    sources: tuple[str, ...] = ('context', 'centre'),
    batch_size: int = 32,
    seed: int = 1,
    flips: bool = False,
    crops: float = 0,
    holes: str = 'centre',
    limit: int | None = None,
    dtype: str = 'float32',
    rows: slice = slice(None),
    place: Place | None = None,
) -> 'TrainingStream':
    """Open a data set for training.

    Parameters
    ----------
    name
        As :func:`ift6266.data.datasets.find_dataset` takes it.
    split
    sources
        What the minibatches hold: of ``context``, ``mask``, ``centre`` and ``picture``, which
        :class:`~ift6266.data.transformers.CutHoles` describes, and ``caption``, the sentence
        vector of one of each picture's captions, (batch, 300), drawn anew in each epoch.
    batch_size
    seed
        Of the order, and of the flips, crops, captions and holes drawn; from 0 to 2**32 - 1.
    flips
        Mirror every picture, left to right, with probability 1/2.
    crops
        The probability with which a picture is enlarged by 1 to 1.4 and cropped, anywhere.
    holes
        One of :data:`ift6266.holes.HOLES`; each picture has another in each epoch.
    limit
        Use only so many pictures.
    dtype
    rows
        The rows of each minibatch to read; the others, which other processes read, are zeros.
    place
        Puts a minibatch, a dict of arrays, where it is trained on.  Minibatches are then raw: see
        :attr:`TrainingStream.raw`.

    Raises
    ------
    InputError
        If the data set cannot be used, or has fewer pictures than a minibatch; or if the seed
        is out of range.
    """
    if not 0 <= seed < 2**32:
        raise InputError(f'the seed must be from 0 to 2**32 - 1, not {seed}')
    stored = ('image', 'captions', 'caption_vector') if 'caption' in sources else ('image',)
    dataset = open_dataset(name, split, stored, limit=limit)
    if not 1 <= batch_size <= dataset.num_examples:
        raise InputError(
            f'a minibatch of {batch_size} cannot be taken from {dataset.num_examples} pictures '
            f'({split} of {dataset.path})'
        )
    return TrainingStream(
        dataset,
        sources=sources,
        batch_size=batch_size,
        seed=seed,
        flips=flips,
        crops=crops,
        holes=holes,
        dtype=dtype,
        rows=rows,
        place=place,
    )


def evaluation_stream(
    name: str,
    split: str = 'valid',
    *,
    batch_size: int = 32,
    holes: str = 'centre',
    limit: int | None = None,
    dtype: str = 'float32',
    captions: bool = False,
) -> 'EvaluationStream':
    """Open a data set for evaluation.

    Parameters and errors are those of :func:`training_stream`, but any number of pictures
    will do; each picture always has the same hole; and the minibatches hold ``context``, ``mask``
    and ``picture``, with ``captions`` also ``caption``, the average of all that each picture has.
    """
    if batch_size < 1:
        raise InputError(f'a minibatch must have 1 picture or more, not {batch_size}')
    stored = ('image', 'caption_vector') if captions else ('image',)
    dataset = open_dataset(name, split, stored, limit=limit)
    return EvaluationStream(dataset, batch_size=batch_size, holes=holes, dtype=dtype)


class TrainingStream:
    """Shuffled minibatches, all of the same size.

    Order, flips, crops, captions and holes depend on the seed and the number of the epoch alone.
    The pictures that do not fill a minibatch are left out of an epoch; they are others in each.

    Attributes
    ----------
    num_examples : int
    iterations_per_epoch : int
    raw : bool
        Whether minibatches hold pictures as they are stored and what was drawn for them, of which
        :func:`ift6266.training.steps.compile_preparation` makes ``sources``: ``image``, uint8;
        with flips ``flip``, (batch,) bool; with holes that are drawn ``mask``, bool; ``caption``.
    """

    def __init__(
        self,
        dataset,
        *,
        sources=('context', 'centre'),
        batch_size=32,
        seed=1,
        flips=False,
        crops=0,
        holes='centre',
        dtype='float32',
        rows=slice(None),
        place=None,
    ):
        self.place, self.raw = place, place is not None
        self.dataset, self.sources, self.batch_size, self.seed = dataset, sources, batch_size, seed
        self.flips, self.crops = flips, crops
        self.holes, self.dtype, self.rows = HOLES[holes], dtype, rows
        self.num_examples = dataset.num_examples
        self.iterations_per_epoch = self.num_examples // batch_size

    def epoch(self, number: int, start: int = 0) -> Iterator[dict[str, numpy.ndarray]]:
        """Iterate over the minibatches of epoch ``number``, from 1, beginning with ``start``.

        What comes is the rest of the whole epoch.  Each minibatch is a dict of arrays by source,
        pictures and masks as floats in [0, 1] unless they are raw.  They are read, and placed, in
        the background.  Close the iterator if it is not exhausted.
        """
        scheme = ShuffledEpoch(
            self.num_examples,
            self.batch_size,
            seed=self.seed,
            epoch=number,
            start=start,
            rows=self.rows,
        )
        stream = DataStream(self.dataset, iteration_scheme=scheme)
        if 'caption_vector' in stream.sources:
            stream = DrawCaption(stream, scheme.draws('captions'))
        if self.crops:
            stream = Crop(stream, _draw_boxes(scheme.draws('crops'), self.crops))
        flips = scheme.draws('flips') < 0.5 if self.flips else None
        holes = _draw_holes(self.holes, _seeds(scheme.draws('holes')))
        stream = self._raw(stream, flips, holes) if self.raw else self._floats(stream, flips, holes)
        if self.rows != slice(None):
            stream = AmongZeros(stream, self.batch_size, self.rows)
        return _prefetched(stream, self.place)

    def _raw(self, stream, flips, holes):
        if self.flips:
            stream = Beside(stream, 'flip', flips)
        if self.holes is not centre:
            stream = Beside(stream, 'mask', (hole[numpy.newaxis] for hole in holes))
        return stream

    def _floats(self, stream, flips, holes):
        if self.flips:
            stream = HorizontalFlip(stream, flips)
        return ToUnitInterval(CutHoles(stream, holes, self.sources), self.dtype)

    def names(self) -> list[str]:
        """Names of the pictures in the order of the file."""
        return self.dataset.names()


class EvaluationStream:
    """All pictures in the order of the file, the last minibatch perhaps smaller.

    Iterating gives what :meth:`TrainingStream.epoch` gives.

    Attributes
    ----------
    num_examples : int
    """

    def __init__(self, dataset, *, batch_size=32, holes='centre', dtype='float32'):
        self.dataset, self.batch_size, self.holes, self.dtype = (
            dataset,
            batch_size,
            HOLES[holes],
            dtype,
        )
        self.num_examples = dataset.num_examples

    def __iter__(self):
        return self._read(range(self.num_examples), self.batch_size)

    def __len__(self):
        """The number of minibatches."""
        return -(-self.num_examples // self.batch_size)

    def spread(self, number: int) -> dict[str, numpy.ndarray]:
        """One minibatch of pictures spread evenly over the split: ``number``, or all there are."""
        with closing(self._read(self.spread_numbers(number), number)) as minibatches:
            return next(minibatches)

    def spread_numbers(self, number: int) -> list[int]:
        """Where in the split the pictures of :meth:`spread` stand."""
        chosen = numpy.linspace(0, self.num_examples - 1, min(number, self.num_examples))
        return chosen.astype(int).tolist()

    def _read(self, examples, batch_size):
        stream = DataStream(self.dataset, iteration_scheme=SequentialScheme(examples, batch_size))
        captions = ('caption',) if 'caption_vector' in stream.sources else ()
        stream = AverageCaptions(stream)
        holes = _draw_holes(self.holes, examples)
        stream = CutHoles(stream, holes, ('context', 'mask', 'picture', *captions))
        return _prefetched(ToUnitInterval(stream, self.dtype))

    def names(self) -> list[str]:
        """Names of the pictures in the order of the stream."""
        return self.dataset.names()

    def caption_lists(self) -> list[list[str]]:
        """Captions of the pictures in that order, for each picture a list, perhaps empty."""
        return self.dataset.caption_lists()


class ShuffledEpoch(BatchScheme):
    """Minibatches of an order that depends only on the seed and the epoch.

    Parameters
    ----------
    examples, batch_size : int
    seed, epoch : int
    start : int
        The minibatch to begin with.
    rows : slice
        Those of each minibatch that are wanted.
    """

    def __init__(self, examples, batch_size, *, seed, epoch, start=0, rows=slice(None)):
        super().__init__(examples, batch_size)
        self.rng_seed, self.start, self.rows = [seed, epoch], start * batch_size, rows
        self.stop = examples // batch_size * batch_size

    def get_request_iterator(self):
        order = numpy.random.RandomState(self.rng_seed).permutation(len(self.indices)).tolist()
        return (
            order[first : first + self.batch_size][self.rows]
            for first in range(self.start, self.stop, self.batch_size)
        )

    def draws(self, purpose):
        """A number in [0, 1) for each picture, in the order of the minibatches.

        ``purpose`` is one of :data:`DRAWS`, each with random numbers of its own.
        """
        rng = numpy.random.RandomState(self.rng_seed + [1 + DRAWS.index(purpose)])
        draws = rng.uniform(size=self.stop)[self.start :]
        return draws.reshape(-1, self.batch_size)[:, self.rows].ravel()


def with_captions(
    minibatches: Iterable[dict[str, numpy.ndarray]], vectors: numpy.ndarray
) -> Iterator[dict[str, numpy.ndarray]]:
    """The minibatches with ``caption``: their rows of ``vectors``, (pictures, 300), in order."""
    start = 0
    for minibatch in minibatches:
        end = start + len(minibatch['context'])
        yield {**minibatch, 'caption': vectors[start:end]}
        start = end


def prefetch(iterator: Iterator, depth: int = PREFETCHED) -> Iterator:
    """Iterate in a background thread, ``depth`` items ahead of the consumer.

    Errors of ``iterator`` are raised where its items are consumed.  The thread ends when the
    items are exhausted or the generator is closed.
    """
    end = object()
    with ThreadPoolExecutor(max_workers=1) as background:
        pending = deque(background.submit(next, iterator, end) for _ in range(depth))
        try:
            while True:
                item = pending.popleft().result()
                if item is end:
                    return
                pending.append(background.submit(next, iterator, end))
                yield item
        finally:
            for future in pending:
                future.cancel()


def _draw_holes(draw, seeds):
    """A hole for each of the seeds."""
    if draw is centre:  # drawn anew it would take a third of the time of a minibatch
        yield from repeat(centre())
    random = numpy.random.RandomState()  # to make one takes a hundred times as long as to seed it
    for seed in seeds:
        random.seed(seed)
        yield draw(random)


def _draw_boxes(draws, share):
    """For each of the draws a box to crop, (left, top, right, bottom), or None."""
    random = numpy.random.RandomState()
    for draw, seed in zip(draws, _seeds(draws)):
        if draw >= share:
            yield None
            continue
        random.seed(seed)
        side = SIZE / random.uniform(1, LARGEST_ENLARGEMENT)
        left, top = random.uniform(0, SIZE - side, 2)
        yield left, top, left + side, top + side


def _seeds(draws):
    """Of random numbers for each of the draws."""
    return (2**32 * draws).astype('uint32')


def _prefetched(stream, place=None):
    """The minibatches of a stream, prefetched and placed; the stream is closed after them."""
    minibatches = stream.get_epoch_iterator(as_dict=True)
    try:
        yield from prefetch(map(place, minibatches) if place else minibatches)
    finally:
        stream.close()
