"""Converters to the one HDF5 schema, in the form that Fuel wants of extra converters.

Each module has a function that converts and one, ``fill_subparser``, that declares its
options.  What a converter needs beyond them it imports when it is called, so that help is
instant.
"""

from ift6266.data.converters import images, inpainting, mscoco, natural64, photos, shapes

all_converters = (
    ('photos', photos.fill_subparser),
    ('images', images.fill_subparser),
    ('mscoco', mscoco.fill_subparser),
    ('inpainting', inpainting.fill_subparser),
    ('natural64', natural64.fill_subparser),
    ('shapes', shapes.fill_subparser),
)
