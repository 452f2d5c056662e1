"""Streams of minibatches with the hole cut: shuffled for training, in order for evaluation."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy
from fuel.schemes import BatchScheme, SequentialScheme
from fuel.streams import DataStream

from ift6266.data.datasets import open_dataset
from ift6266.data.transformers import (
    AmongZeros,
    AverageCaptions,
    CutHole,
    DrawCaption,
    HorizontalFlip,
    ToUnitInterval,
)
from ift6266.errors import InputError

PREFETCHED = 8  # minibatches, 12 MB for 32 pictures in float32
DRAWS = ('flips', 'captions')


def training_stream(
    name,
    split='train',
    batch_size=32,
    seed=1,
    flips=False,
    limit=None,
    dtype='float32',
    captions=False,
    rows=slice(None),
):
    """Open a data set for training.

    Parameters
    ----------
    name : str
        As :func:`ift6266.data.datasets.find` takes it.
    split : str
    batch_size : int
    seed : int
        Of the order, of the flips and of the captions drawn; from 0 to 2**32 - 1.
    flips : bool
        Mirror every picture, left to right, with probability 1/2.
    limit : int, optional
        Use only so many pictures.
    dtype : str
    captions : bool
        Give with each picture the sentence vector of one of its captions, drawn anew in each
        epoch.
    rows : slice
        The rows of each minibatch to read; the others, which other processes read, are zeros.

    Returns
    -------
    stream : :class:`TrainingStream`

    Raises
    ------
    InputError
        If the data set cannot be used, or has fewer pictures than a minibatch; or if the seed
        is out of range.
    """
    if not 0 <= seed < 2**32:
        raise InputError(f'the seed must be from 0 to 2**32 - 1, not {seed}')
    sources = ('image', 'captions', 'caption_vector') if captions else ('image',)
    dataset = open_dataset(name, split, sources, limit)
    if not 1 <= batch_size <= dataset.num_examples:
        raise InputError(
            f'a minibatch of {batch_size} cannot be taken from {dataset.num_examples} pictures ({split} of {dataset.path})'
        )
    return TrainingStream(dataset, batch_size, seed, flips, dtype, rows)


def evaluation_stream(
    name, split='valid', batch_size=32, limit=None, dtype='float32', captions=False
):
    """Open a data set for evaluation.

    Parameters and errors are those of :func:`training_stream`, but any number of pictures
    will do, and of each picture's captions it is the average of all that is given.

    Returns
    -------
    stream : :class:`EvaluationStream`
    """
    if batch_size < 1:
        raise InputError(f'a minibatch must have 1 picture or more, not {batch_size}')
    sources = ('image', 'caption_vector') if captions else ('image',)
    return EvaluationStream(open_dataset(name, split, sources, limit), batch_size, dtype)


class TrainingStream:
    """Shuffled minibatches, all of the same size.

    Order, flips and captions depend on nothing but the seed and the number of the epoch.  The
    pictures that do not fill a minibatch are left out of an epoch; they are others in each.

    Attributes
    ----------
    num_examples : int
    iterations_per_epoch : int
    """

    def __init__(self, dataset, batch_size, seed, flips, dtype, rows=slice(None)):
        self.dataset, self.batch_size, self.seed = dataset, batch_size, seed
        self.flips, self.dtype, self.rows = flips, dtype, rows
        self.num_examples = dataset.num_examples
        self.iterations_per_epoch = self.num_examples // batch_size

    def epoch(self, number, start=0):
        """Iterate over an epoch.

        Parameters
        ----------
        number : int
            Counted from 1.
        start : int
            The minibatch to begin with; the rest is that of the whole epoch.

        Yields
        ------
        context, target : float (batch, 3, 64, 64) and (batch, 3, 32, 32), in [0, 1]
            With captions a third array stands between them, (batch, 300).  Read in the
            background.  Close the iterator if it is not exhausted.
        """
        scheme = ShuffledEpoch(
            self.num_examples, self.batch_size, self.seed, number, start, self.rows
        )
        stream = DataStream(self.dataset, iteration_scheme=scheme)
        if self.flips:
            stream = HorizontalFlip(stream, scheme.draws('flips') < 0.5)
        if 'caption_vector' in stream.sources:
            stream = DrawCaption(stream, scheme.draws('captions'))
        return _minibatches(stream, self.dtype, self.batch_size, self.rows)

    def names(self):
        """Names of the pictures in the order of the file, a list of str."""
        return self.dataset.names()


class EvaluationStream:
    """All pictures in the order of the file, the last minibatch perhaps smaller.

    Iterating gives what :meth:`TrainingStream.epoch` gives.

    Attributes
    ----------
    num_examples : int
    """

    def __init__(self, dataset, batch_size, dtype):
        self.dataset, self.batch_size, self.dtype = dataset, batch_size, dtype
        self.num_examples = dataset.num_examples

    def __iter__(self):
        return self._read(self.num_examples, self.batch_size)

    def __len__(self):
        """The number of minibatches."""
        return -(-self.num_examples // self.batch_size)

    def spread(self, number):
        """One minibatch of pictures spread evenly over the split: ``number``, or all there are."""
        with closing(self._read(self.spread_numbers(number), number)) as minibatches:
            return next(minibatches)

    def spread_numbers(self, number):
        """Where in the split the pictures of :meth:`spread` stand, a list of int."""
        chosen = numpy.linspace(0, self.num_examples - 1, min(number, self.num_examples))
        return chosen.astype(int).tolist()

    def _read(self, examples, batch_size):
        scheme = SequentialScheme(examples, batch_size)
        stream = DataStream(self.dataset, iteration_scheme=scheme)
        return _minibatches(AverageCaptions(stream), self.dtype, batch_size)

    def names(self):
        """Names of the pictures in the order of the stream, a list of str."""
        return self.dataset.names()

    def caption_lists(self):
        """Captions of the pictures in that order, a list of str for each, perhaps empty."""
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

    def __init__(self, examples, batch_size, seed, epoch, start=0, rows=slice(None)):
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


def with_vectors(stream, vectors):
    """(context, target) minibatches of ``stream`` as (context, caption, target).

    ``vectors`` are (pictures, 300), in the order of the stream.
    """
    start = 0
    for context, target in stream:
        yield context, vectors[start : start + len(context)], target
        start += len(context)


def prefetch(iterator, depth=PREFETCHED):
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


def _minibatches(stream, dtype, batch_size, rows=slice(None)):
    """Minibatches of a stream of images, prefetched; the stream is closed after them.

    The stream has their ``rows`` alone.
    """
    stream = ToUnitInterval(CutHole(stream), dtype)
    if rows != slice(None):
        stream = AmongZeros(stream, batch_size, rows)
    try:
        yield from prefetch(stream.get_epoch_iterator())
    finally:
        stream.close()
