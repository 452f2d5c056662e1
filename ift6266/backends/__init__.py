"""How Theano functions are compiled and run: the choice of a backend."""
import logging
import time
from functools import lru_cache

import theano

from ift6266.backends.headers import precompile_headers

BACKENDS = ('auto', 'theano')

logger = logging.getLogger(__name__)


@lru_cache(maxsize=None)
def prepare_compilation():
    """Say once why compiling takes long the first time, and shorten it."""
    logger.info('Theano makes a C++ program of every kind of operation: about a second for each '
                'that is new, a minute or two the first time; the others are in %s',
                theano.config.compiledir)
    precompile_headers()


def compile_function(inputs, outputs, backend='auto', name=None, **kwargs):
    """``theano.function``, by one of :data:`BACKENDS`, saying what it does and how long it took.

    'theano' is Theano as the user set it up; 'auto' is the fastest there is, so far
    the same.  Other arguments are those of ``theano.function``.
    """
    if backend not in BACKENDS:
        raise ValueError('unknown backend {!r}; there are {}'.format(backend, BACKENDS))
    prepare_compilation()
    logger.info('compiling: %s', name)
    start = time.time()
    function = theano.function(inputs, outputs, name=name, **kwargs)
    logger.info('compiled: %s, in %.0f s', name, time.time() - start)
    return function
