"""The networks, a plain function for each table of a report or paper, found by name."""

import inspect

import numpy as np

from ift6266.errors import InputError
from ift6266.tables import Table

# Model files store the names of generators: they must not change.
GENERATORS = Table(
    generator='ift6266.networks.generator:build_generator',
    resizing_generator='ift6266.networks.generator:build_resizing_generator',
    caption_generator='ift6266.networks.caption_generator:build_caption_generator',
    captionless_generator='ift6266.networks.caption_generator:build_captionless_generator',
    autoencoder='ift6266.networks.autoencoder:build_autoencoder',
    context_encoder='ift6266.networks.context_encoder:build_context_encoder',
    pix2pix='ift6266.networks.pix2pix:build_pix2pix',
    densenet='ift6266.networks.densenet:build_densenet',
    unet='ift6266.networks.unet:build_unet',
    residual_unet='ift6266.networks.residual_unet:build_residual_unet',
    captioned_residual_unet='ift6266.networks.residual_unet:build_captioned_residual_unet',
)
CRITICS = Table(
    critic='ift6266.networks.critic:build_critic',
    context_encoder_critic='ift6266.networks.context_encoder:build_context_encoder_critic',
    dcgan_critic='ift6266.networks.dcgan:build_dcgan_critic',
    patch_critic='ift6266.networks.pix2pix:build_patch_critic',
    picture_critic='ift6266.networks.picture_critic:build_picture_critic',
)


def build(table: Table, name: str, **parameters):
    """The layer graph of the network ``name`` in ``table``, its last layer.

    ``parameters`` that are None are left to the network.  Raises :class:`InputError` where it
    has no such parameter, or one of another type or number of items; its input variables, which
    are None by default, are no parameters.
    """
    builder = table[name]
    defaults = {key: each.default for key, each in inspect.signature(builder).parameters.items()}
    given = {key: value for key, value in parameters.items() if value is not None}
    for key, value in given.items():
        default = defaults.get(key)
        if default is None:
            raise InputError(f'the network {name} has no parameter {key}; leave it out')
        if not _are_alike(value, default):
            raise InputError(
                f'the parameter {key} of the network {name} is such as {default}, not {value}'
            )
    return builder(**given)


def _are_alike(value, default):
    """Whether both are a number, or as many numbers: whole ones where the default is."""
    value, default = np.asarray(value), np.asarray(default)
    return value.shape == default.shape and np.can_cast(value.dtype, default.dtype, 'same_kind')
