"""Fuel transformers from the pictures of an HDF5 file to the arrays that training takes."""

import numpy
from fuel.transformers import AgnosticSourcewiseTransformer, SourcewiseTransformer, Transformer

from ift6266.data import hole


class HorizontalFlip(SourcewiseTransformer):
    """Mirrors chosen pictures, left to right.

    Parameters
    ----------
    data_stream : :class:`fuel.streams.AbstractDataStream`
        Produces minibatches of pictures, (batch, channel, height, width).
    chosen : iterable of bool
        For each picture in the order of the stream, whether it is mirrored.
    """

    def __init__(self, data_stream, chosen, **kwargs):
        super().__init__(data_stream, produces_examples=False, which_sources=('image',), **kwargs)
        self.chosen = iter(chosen)

    def transform_source_batch(self, images, _):
        chosen = numpy.fromiter(self.chosen, bool, len(images))
        images[chosen] = images[chosen, ..., ::-1]
        return images


class CutHole(Transformer):
    """Replaces the source ``image`` by ``context`` and ``target``; see :mod:`ift6266.data.hole`.

    ``context`` is (batch, 3, 64, 64) with zeros in the centre, ``target`` (batch, 3, 32, 32).
    The one comes first and the other last; other sources keep their order between them.
    """

    def __init__(self, data_stream, **kwargs):
        super().__init__(data_stream, produces_examples=False, **kwargs)
        self.others = tuple(name for name in data_stream.sources if name != 'image')
        self.sources = ('context',) + self.others + ('target',)

    def transform_batch(self, batch):
        batch = dict(zip(self.data_stream.sources, batch))
        context, target = hole.split(batch['image'])
        return (context,) + tuple(batch[name] for name in self.others) + (target,)


class DrawCaption(Transformer):
    """Replaces ``captions`` and ``caption_vector`` by ``caption``, one of each picture's vectors.

    ``caption`` is (batch, 300).  A picture with fewer captions than others has as many lines in
    ``captions``; the rows of ``caption_vector`` beyond them are never drawn.

    Parameters
    ----------
    data_stream : :class:`fuel.streams.AbstractDataStream`
    draws : iterable of float
        For each picture in the order of the stream a number in [0, 1): how far down the list of
        its captions.
    """

    def __init__(self, data_stream, draws, **kwargs):
        super().__init__(data_stream, produces_examples=False, **kwargs)
        self.draws = iter(draws)
        self.sources = tuple(
            name for name in data_stream.sources if name not in ('captions', 'caption_vector')
        ) + ('caption',)

    def transform_batch(self, batch):
        batch = dict(zip(self.data_stream.sources, batch))
        vectors = batch['caption_vector']
        counts = [text.count(b'\n') + 1 for text in batch['captions']]
        draws = numpy.fromiter(self.draws, float, len(vectors))
        batch['caption'] = vectors[numpy.arange(len(vectors)), (draws * counts).astype(int)]
        return tuple(batch[name] for name in self.sources)


class AverageCaptions(Transformer):
    """Replaces ``caption_vector``, (batch, K, 300), by ``caption``: the average over K."""

    def __init__(self, data_stream, **kwargs):
        super().__init__(data_stream, produces_examples=False, **kwargs)
        self.sources = tuple(
            'caption' if name == 'caption_vector' else name for name in data_stream.sources
        )

    def transform_batch(self, batch):
        return tuple(
            array.mean(axis=1) if name == 'caption_vector' else array
            for name, array in zip(self.data_stream.sources, batch)
        )


class AmongZeros(AgnosticSourcewiseTransformer):
    """Puts what a stream has of each minibatch at its place in a whole one, and zeros elsewhere.

    Parameters
    ----------
    data_stream : :class:`fuel.streams.AbstractDataStream`
    batch_size : int
    rows : slice
        Where in the minibatch the stream's examples stand.
    """

    def __init__(self, data_stream, batch_size, rows, **kwargs):
        super().__init__(data_stream, produces_examples=False, **kwargs)
        self.batch_size, self.rows = batch_size, rows

    def transform_any_source(self, part, _):
        whole = numpy.zeros((self.batch_size,) + part.shape[1:], part.dtype)
        whole[self.rows] = part
        return whole


class ToUnitInterval(AgnosticSourcewiseTransformer):
    """Turns pixels of 0 to 255 into floats of 0 to 1, in the sources ``context`` and ``target``.

    Parameters
    ----------
    data_stream : :class:`fuel.streams.AbstractDataStream`
    dtype : str
        ``'float32'`` or ``'float64'``.
    """

    def __init__(self, data_stream, dtype='float32', **kwargs):
        super().__init__(
            data_stream,
            data_stream.produces_examples,
            which_sources=('context', 'target'),
            **kwargs,
        )
        self.dtype = dtype

    def transform_any_source(self, images, _):
        return numpy.divide(images, 255, dtype=self.dtype)
