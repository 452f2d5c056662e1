"""Conditional image generation: inpainting with MSCOCO, in Theano and Lasagne."""

from ift6266 import compat  # noqa: F401  (before anything imports Theano, Lasagne or Fuel)

__version__ = '0.1.0'


def __getattr__(name):
    """``ift6266.Inpainter``, on demand: it takes Theano, which takes seconds to import."""
    if name == 'Inpainter':
        from ift6266.inpainter import Inpainter

        return Inpainter
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
