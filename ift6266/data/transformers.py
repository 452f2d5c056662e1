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
    They come first; other sources keep their order behind them.
    """
    def __init__(self, data_stream, **kwargs):
        super().__init__(data_stream, produces_examples=False, **kwargs)
        self.others = tuple(name for name in data_stream.sources if name != 'image')
        self.sources = ('context', 'target') + self.others

    def transform_batch(self, batch):
        batch = dict(zip(self.data_stream.sources, batch))
        return hole.split(batch['image']) + tuple(batch[name] for name in self.others)


class ToUnitInterval(AgnosticSourcewiseTransformer):
    """Turns pixels of 0 to 255 into floats of 0 to 1, in the sources ``context`` and ``target``.

    Parameters
    ----------
    data_stream : :class:`fuel.streams.AbstractDataStream`
    dtype : str
        ``'float32'`` or ``'float64'``.
    """
    def __init__(self, data_stream, dtype='float32', **kwargs):
        super().__init__(data_stream, data_stream.produces_examples,
                         which_sources=('context', 'target'), **kwargs)
        self.dtype = dtype

    def transform_any_source(self, images, _):
        return numpy.divide(images, 255, dtype=self.dtype)
