"""Conditional image generation: inpainting with MSCOCO, in Theano and Lasagne."""
from ift6266 import compat  # noqa: F401  (before anything imports Theano, Lasagne or Fuel)

__version__ = '0.1.0'
