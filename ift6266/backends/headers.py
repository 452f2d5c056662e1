"""One precompiled header for all C++ programs that Theano writes.

Theano compiles a small program for each kind of operation in a graph, and most of
the compiler's time goes into the same headers of Python, NumPy and the standard
library, and into debug information.  GCC can precompile headers (GCC manual, "Using
Precompiled Headers") and leave debug information out: together they halve the time
of a first compilation.  Where the precompiled form does not fit, GCC reads the plain
header and makes the same programs.
"""

import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy
import theano
from theano.gof.cc import CLinker
from theano.gof.cmodule import std_include_dirs

from ift6266.backends.programs import log_compilation
from ift6266.digests import digest

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
NAME = 'theano.h'

logger = logging.getLogger(__name__)


def compiler_version(compiler: str) -> bytes:
    """What the C++ compiler prints as its version."""
    return subprocess.run(
        [compiler, '--version'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ).stdout


def _elementwise_flags():
    """The compiler flags of an elementwise operation; most programs share them."""
    variable = theano.tensor.vector()
    graph = theano.gof.FunctionGraph([variable], [variable + 1])
    return CLinker().accept(graph).compile_args()


def _without_includes(flags):
    """The compiler flags that include no file, and the paths of the files that others include."""
    others, files = [], []
    flags = iter(flags.split())
    for flag in flags:
        if flag == '-include':
            files.append(os.path.abspath(next(flags)))
        else:
            others.append(flag)
    return ' '.join(others), files


def _key(text, files, command):
    """The name of a header: a digest of all that its precompiled forms depend on."""
    versions = (
        compiler_version(theano.config.cxx),
        sys.version,
        numpy.__version__,
        theano.__version__,
    )
    contents = [Path(file).read_bytes() for file in files]
    return digest([repr((text, contents, command, versions)).encode()])


def _precompile(folder, text, command):
    """Make a folder of a header and of its precompiled forms, with OpenMP and without.

    GCC takes the form that fits.  Where another process has made the folder, that one stays.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix='.') as scratch:
        header = Path(scratch, folder.name, NAME)
        forms = header.with_name(NAME + '.gch')
        forms.mkdir(parents=True)
        header.write_text(text)
        programs = [
            subprocess.Popen(
                [*command, *more, header, '-o', forms / form],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for form, more in (('openmp', ['-fopenmp']), ('plain', []))
        ]
        statuses = [program.wait() for program in programs]
        if any(statuses):
            raise subprocess.CalledProcessError(max(statuses, key=abs), command)
        try:
            os.rename(header.parent, folder)
        except OSError:
            if not folder.exists():
                raise


def _remove_unused(folder):
    """Remove headers that are unused for as long as after which Theano removes programs."""
    oldest = time.time() - theano.config.cmodule.age_thresh_use
    for entry in folder.iterdir():
        with suppress(OSError):  # another process may remove the same
            if entry.stat().st_mtime < oldest:
                shutil.rmtree(entry)


def _precompiled(files, flags):
    """The path of the header, which includes ``files`` first; it is precompiled unless it was."""
    text = ''.join(f'#include "{file}"\n' for file in files) + HEADER
    command = [
        theano.config.cxx,
        *(flag for flag in flags if flag != '-fopenmp'),
        '-g0',
        '-fvisibility=hidden',
        *('-I' + folder for folder in std_include_dirs()),
        '-x',
        'c++-header',
    ]
    folder = Path(theano.config.compiledir, 'precompiled', _key(text, files, command))
    if not folder.exists():
        log_compilation()
        folder.parent.mkdir(exist_ok=True)
        _remove_unused(folder.parent)
        _precompile(folder, text, command)
    os.utime(folder)
    return folder / NAME


@cache
def precompile_headers() -> None:
    """Precompile the header, unless that is done, and add it to Theano's flags.

    Files that Theano's flags include already move into it: GCC reads a precompiled form only where
    nothing comes before it.
    """
    # Theano splits its flags at blanks.
    if 'g++' not in theano.config.cxx or ' ' in theano.config.compiledir:
        return
    given = theano.config.gcc.cxxflags
    others, files = _without_includes(given)
    try:
        # Before anything is included: Theano finds the flags for this processor once in a
        # process, by a trial which would fail with the headers, and would then go without them.
        theano.config.gcc.cxxflags = others
        header = _precompiled(files, _elementwise_flags())
    except (OSError, subprocess.CalledProcessError) as error:
        theano.config.gcc.cxxflags = given
        reason = error if isinstance(error, OSError) else 'the compiler failed'
        logger.warning('without precompiled headers, Theano compiles slowly (%s)', reason)
        return
    theano.config.gcc.cxxflags = f'{others} -g0 -include {header}'
