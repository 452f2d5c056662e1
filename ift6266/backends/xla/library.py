"""JAX as this backend needs it: present, of the right version, set up."""
import os
from functools import lru_cache

from ift6266.errors import InputError

VERSION = '0.4.30'  # the newest for the pinned NumPy
REMEDY = 'make xla, or make gpu (Python 3.9 or later)'


@lru_cache(maxsize=None)
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
        raise InputError('the backend xla cannot be had: {}; install JAX by {}'
                         .format(problem, REMEDY)) from None
    if jax.__version__ != VERSION:
        raise InputError('the backend xla takes JAX {}, and here is {}; install it by {}'
                         .format(VERSION, jax.__version__, REMEDY))
    settings = {'jax_enable_x64': True,
                'jax_compilation_cache_dir': os.path.join(theano.config.compiledir, 'xla'),
                'jax_persistent_cache_min_compile_time_secs': 0,
                'jax_persistent_cache_min_entry_size_bytes': 0}
    for name, value in settings.items():
        jax.config.update(name, value)
