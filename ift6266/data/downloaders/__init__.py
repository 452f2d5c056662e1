"""Downloaders, in the form that Fuel wants of extra downloaders."""

from ift6266.data.downloaders import mscoco

all_downloaders = (('mscoco', mscoco.fill_subparser),)
