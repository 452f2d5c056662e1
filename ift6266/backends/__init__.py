"""How Theano functions are compiled and run: the choice of a backend."""
import logging
import time

import theano

from ift6266.backends.headers import precompile_headers

BACKENDS = ('auto', 'theano')

logger = logging.getLogger(__name__)


def compile_function(inputs, outputs, backend='auto', name=None, **kwargs):
    """``theano.function``, by one of :data:`BACKENDS`, saying what it does and how long it took.

    'theano' is Theano as the user set it up; 'auto' is the fastest there is, so far
    the same.  Other arguments are those of ``theano.function``.
    """
    if backend not in BACKENDS:
        raise ValueError('unknown backend {!r}; there are {}'.format(backend, BACKENDS))
    precompile_headers()
    logger.info('compiling: %s', name)
    start = time.time()
    function = theano.function(inputs, outputs, name=name, **kwargs)
    logger.info('compiled: %s, in %.0f s', name, time.time() - start)
    return function
