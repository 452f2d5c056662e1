"""Installs Theano, Lasagne and Fuel, which plain pip can no longer build from their releases."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# None of them has a wheel.
RELEASES = 'Theano==1.0.5', 'Lasagne==0.1', 'fuel==0.2.0', 'picklable-itertools==0.1.1'
BUILDER = 'setuptools==84.2.1'


def main(options: list[str]) -> None:
    """Install :data:`RELEASES` into the environment of this Python.

    ``options`` go to ``pip install``, such as ``--no-compile``.
    """
    if importlib.util.find_spec('pip') is None:
        sys.exit(
            f'ift6266.compat: error: there is no pip here; {sys.executable} -m ensurepip '
            'installs it'
        )
    with tempfile.TemporaryDirectory() as folder:
        pip_install('--quiet', '--target', folder, BUILDER)
        # Fuel ships C from a Cython too old for any compiler of today.  Only RandomFixedSizeCrop
        # needs it, which nothing here uses, so `true` takes the place of the compiler.  Therefore
        # nothing that needs its C may be installed here.
        pip_install(
            '--no-build-isolation',
            '--use-pep517',
            '--no-binary',
            ','.join(release.partition('==')[0] for release in RELEASES),
            *options,
            *RELEASES,
            CC='true',
            LDSHARED='true',
            PYTHONPATH=os.pathsep.join([str(Path(__file__).parent / 'building'), folder]),
        )


def pip_install(*arguments: str, **variables: str) -> None:
    """Call ``pip install``, of wheels alone by default, with these environment variables."""
    command = [sys.executable, '-m', 'pip', 'install', '--only-binary', ':all:', *arguments]
    if subprocess.call(command, env=dict(os.environ, **variables)):
        sys.exit(
            'ift6266.compat: error: Theano, Lasagne and Fuel could not be installed; see what '
            'pip printed above'
        )


if __name__ == '__main__':
    main(sys.argv[1:])
