"""Fuel transformers from the pictures of an HDF5 file to the arrays that training takes."""

from itertools import islice

import numpy
from fuel.transformers import AgnosticSourcewiseTransformer, SourcewiseTransformer, Transformer
from PIL import Image

from ift6266.holes import CENTRE, cut


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


class Crop(SourcewiseTransformer):
    """Enlarges a part of each picture to its size, by bicubic interpolation.

    Parameters
    ----------
    data_stream : :class:`fuel.streams.AbstractDataStream`
        Produces minibatches of pictures, (batch, 3, height, width) uint8.
    boxes : iterable of (left, top, right, bottom) or None
        For each picture in the order of the stream its part, in pixels, perhaps fractions of them;
        with None it stays as it is.
    """

    def __init__(self, data_stream, boxes, **kwargs):
        super().__init__(data_stream, produces_examples=False, which_sources=('image',), **kwargs)
        self.boxes = iter(boxes)

    def transform_source_batch(self, images, _):
        for number, box in enumerate(islice(self.boxes, len(images))):
            if box is not None:
                picture = Image.fromarray(images[number].transpose(1, 2, 0))
                part = picture.resize(picture.size, Image.Resampling.BICUBIC, box)
                images[number] = numpy.asarray(part).transpose(2, 0, 1)
        return images


class CutHoles(Transformer):
    """Cuts a hole into each picture: the source ``image`` gives way to ``sources``.

    These are ``context``, (batch, 3, 64, 64), zero in the hole; ``mask``, (batch, 1, 64, 64) bool,
    true there; ``centre``, (batch, 3, 32, 32), and ``picture``, (batch, 3, 64, 64), as they were;
    or others that the stream has.

    Parameters
    ----------
    data_stream : :class:`fuel.streams.AbstractDataStream`
    holes : iterable of (64, 64) bool arrays
        One for each picture in the order of the stream; see :mod:`ift6266.holes`.
    sources : tuple of str
        The sources to give, in this order.
    """

    def __init__(self, data_stream, holes, sources, **kwargs):
        super().__init__(data_stream, produces_examples=False, **kwargs)
        self.holes, self.sources = iter(holes), sources

    def transform_batch(self, batch):
        given = dict(zip(self.data_stream.sources, batch))
        images = given['image']
        holes = numpy.stack(list(islice(self.holes, len(images))))
        made = {
            'context': lambda: cut(images, holes),
            'mask': lambda: holes[:, numpy.newaxis],
            'centre': lambda: images[CENTRE],
            'picture': lambda: images,
        }
        return tuple(made[source]() if source in made else given[source] for source in self.sources)


class Beside(Transformer):
    """Adds a source: for each picture, in the order of the stream, one of ``values``."""

    def __init__(self, data_stream, source, values, **kwargs):
        super().__init__(data_stream, produces_examples=False, **kwargs)
        self.sources, self.values = (*data_stream.sources, source), iter(values)

    def transform_batch(self, batch):
        return *batch, numpy.stack(list(islice(self.values, len(batch[0]))))


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


class ToUnitInterval(SourcewiseTransformer):
    """Turns pixels from 0 to 255 into floats in [0, 1], and masks into 0. and 1.

    Parameters
    ----------
    data_stream : :class:`fuel.streams.AbstractDataStream`
    dtype : str
        ``'float32'`` or ``'float64'``.
    """

    SOURCES = ('context', 'mask', 'centre', 'picture')

    def __init__(self, data_stream, dtype='float32', **kwargs):
        present = tuple(source for source in self.SOURCES if source in data_stream.sources)
        super().__init__(
            data_stream, data_stream.produces_examples, which_sources=present, **kwargs
        )
        self.dtype = dtype

    def transform_source_batch(self, batch, source):
        if source == 'mask':
            return batch.astype(self.dtype)
        return numpy.divide(batch, 255, dtype=self.dtype)
