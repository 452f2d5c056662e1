"""JAX as this backend needs it: present, of a version that it was tested with, set up."""

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
    """Import JAX and set it up; raises InputError, which says what to install, where it cannot.

    All data types are then as NumPy has them, float64 included, for whatever else uses JAX in
    this process, too; and what XLA compiled is kept beside what Theano compiled.
    """
    import theano

    try:
        import jax
    except Exception as error:  # a JAX for another NumPy fails in many ways
        problem = ' '.join(str(error).split())
        raise InputError(
            f'the backend xla cannot be had: {problem}; install JAX by {REMEDY}'
        ) from None
    check(jax.__version__)
    settings = {
        'jax_enable_x64': True,
        'jax_compilation_cache_dir': os.path.join(theano.config.compiledir, 'xla'),
        'jax_persistent_cache_min_compile_time_secs': 0,
        'jax_persistent_cache_min_entry_size_bytes': 0,
    }
    for name, value in settings.items():
        jax.config.update(name, value)


def check(version):
    """Raise InputError for a JAX that is too old, and say of a newer one that it is untested."""
    if release(version) < release(OLDEST):
        raise InputError(
            f'the backend xla takes JAX {OLDEST} or later, and here is {version}; '
            f'install it by {REMEDY}'
        )
    if release(version) > release(NEWEST):
        logger.warning(
            'The backend xla was tested with JAX %s to %s, and not with %s', OLDEST, NEWEST, version
        )


def release(version):
    """'0.12.0.1' or '0.12.0.dev1' as (0, 12, 0): what comes after repairs, or leads there."""
    return tuple(map(int, re.findall(r'\d+', version)[:3]))
