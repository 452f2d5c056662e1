"""Converters to the one HDF5 schema, in the form that Fuel wants of extra converters.

The module of a converter has the function that converts and ``fill_subparser``, which declares the
options of that function and returns it.
"""

from importlib import import_module

NAMES = ('photos', 'images', 'mscoco', 'inpainting', 'natural64', 'shapes')

all_converters = tuple((name, import_module(f'{__name__}.{name}').fill_subparser) for name in NAMES)
