"""The networks, a plain function for each table of the report, found by name."""

import inspect

from ift6266.errors import InputError
from ift6266.tables import Table

# Model files store the names of generators: they must not change.
GENERATORS = Table(
    generator='ift6266.networks.generator:build_generator',
    resizing_generator='ift6266.networks.generator:build_resizing_generator',
    caption_generator='ift6266.networks.caption_generator:build_caption_generator',
    captionless_generator='ift6266.networks.caption_generator:build_captionless_generator',
)
CRITICS = Table(critic='ift6266.networks.critic:build_critic')


def build(table: Table, name: str, **parameters):
    """The layer graph of the network ``name`` in ``table``, its last layer.

    ``parameters`` that are None are left to the network.  Raises :class:`InputError` where it
    has no such parameter.
    """
    builder = table[name]
    given = {key: value for key, value in parameters.items() if value is not None}
    unknown = given.keys() - inspect.signature(builder).parameters
    if unknown:
        raise InputError(f'the network {name} has no parameter {min(unknown)}; leave it out')
    return builder(**given)
