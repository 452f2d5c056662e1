"""JAX: whether it is there, in a version that this backend works with, and its settings."""

import logging
import os
import re
from functools import cache

from ift6266.errors import InputError

OLDEST, NEWEST = '0.10.2', '0.12.0'  # that it was tested with
REMEDY = 'make xla, or make gpu'

logger = logging.getLogger(__name__)


@cache
def load():
    """Import JAX and set it up; raises InputError, which says what to install, where that fails.

    All data types are then those of NumPy, float64 included, for other users of JAX in this
    process, too; and XLA's programs are kept beside Theano's.
    """
    import theano  # here, since command lines import this module for its names alone

    try:
        import jax
    except Exception as error:  # a JAX for another NumPy fails in many ways
        problem = ' '.join(str(error).split())
        raise InputError(
            f'the backend xla cannot be had: {problem}; install JAX by {REMEDY}'
        ) from None
    check_version(jax.__version__)
    settings = {
        'jax_enable_x64': True,
        'jax_compilation_cache_dir': os.path.join(theano.config.compiledir, 'xla'),
        'jax_persistent_cache_min_compile_time_secs': 0,
        'jax_persistent_cache_min_entry_size_bytes': 0,
    }
    for name, value in settings.items():
        jax.config.update(name, value)


def check_version(version: str) -> None:
    """Raise InputError for a JAX that is too old, and warn of one newer than the tested ones."""
    if release(version) < release(OLDEST):
        raise InputError(
            f'the backend xla takes JAX {OLDEST} or later, and here is {version}; '
            f'install it by {REMEDY}'
        )
    if release(version) > release(NEWEST):
        logger.warning(
            'The backend xla was tested with JAX %s to %s, not with %s', OLDEST, NEWEST, version
        )


def release(version: str) -> tuple[int, ...]:
    """'0.12.0.1' or '0.12.0.dev1' as (0, 12, 0)."""
    return tuple(map(int, re.findall(r'\d+', version)[:3]))
