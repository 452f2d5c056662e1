"""One precompiled header for all the C++ programs that Theano writes.

Theano compiles a small program for each kind of operation in a graph, and most of
the compiler's time goes into the same headers of Python, NumPy and the standard
library, and into debug information.  GCC can read headers precompiled (GCC manual,
"Using Precompiled Headers") and can leave the debug information out: together they
halve the time of a first compilation.  Where the precompiled form does not fit, GCC
reads the plain header: same programs, less gain.
"""
import logging
import subprocess
from functools import lru_cache
from pathlib import Path

import theano
from theano.gof.cc import CLinker
from theano.gof.cmodule import std_include_dirs

from ift6266.files import whole_file

HEADER = """\
#include <Python.h>
#include <iostream>
#include "theano_mod_helper.h"
#include <math.h>
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>
#include <vector>
#include <algorithm>
"""

logger = logging.getLogger(__name__)


def _elementwise_flags():
    """The compiler flags of an elementwise operation; most programs share them."""
    variable = theano.tensor.vector()
    graph = theano.gof.FunctionGraph([variable], [variable + 1])
    return CLinker().accept(graph).compile_args()


def _precompile(header, flags):
    """Precompile ``header`` with OpenMP and without; GCC takes what fits from one folder."""
    forms = Path(str(header) + '.gch')
    forms.mkdir(exist_ok=True)
    command = [theano.config.cxx, *(flag for flag in flags if flag != '-fopenmp'),
               '-g0', '-fvisibility=hidden', *('-I' + folder for folder in std_include_dirs()),
               '-x', 'c++-header', str(header)]
    with whole_file(forms / 'openmp') as openmp, whole_file(forms / 'plain') as plain:
        programs = [subprocess.Popen([*command, *more, '-o', str(precompiled)],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    for precompiled, more in ((openmp, ['-fopenmp']), (plain, []))]
        statuses = [program.wait() for program in programs]
        if any(statuses):
            raise subprocess.CalledProcessError(max(statuses, key=abs), command)


@lru_cache(maxsize=None)
def precompile_headers():
    """Precompile the header, where that is not done yet, and tell Theano to include it."""
    header = Path(theano.config.compiledir, 'precompiled', 'theano.h')
    if 'g++' not in theano.config.cxx or ' ' in str(header):  # Theano splits its flags there
        return
    # Before the header is included: Theano finds out the flags for this processor once a
    # process, by a trial that would fail with the header, and then goes without them.
    flags = _elementwise_flags()
    try:
        if not Path(str(header) + '.gch', 'openmp').exists():  # the last to be in place
            header.parent.mkdir(exist_ok=True)
            header.write_text(HEADER)
            _precompile(header, flags)
    except (OSError, subprocess.CalledProcessError) as error:
        logger.warning('without precompiled headers, Theano compiles slowly (%s)', error)
        return
    theano.config.gcc.cxxflags += ' -g0 -include {}'.format(header)
