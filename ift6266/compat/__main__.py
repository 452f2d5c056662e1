"""Installs Theano, Lasagne and Fuel, which plain pip can no longer build from their releases."""

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
# Their releases, of which none has a wheel, and what builds them; both with hashes.
RELEASES, BUILDER = FOLDER / 'releases.txt', FOLDER / 'builder.txt'


def main(options: list[str]) -> None:
    """Install :data:`RELEASES` into the environment of this Python, and what they take.

    ``options`` go to ``pip install``, such as ``--no-compile``; by ``--no-deps`` what they take
    is left out.
    """
    if importlib.util.find_spec('pip') is None:
        sys.exit(
            f'ift6266.compat: error: there is no pip here; {sys.executable} -m ensurepip '
            'installs it'
        )
    with tempfile.TemporaryDirectory() as folder:
        pip_install('--quiet', '--target', folder, *hashed(BUILDER))
        # Fuel ships C from a Cython too old for any compiler of today.  Only RandomFixedSizeCrop
        # needs it, which nothing here uses, so `true` takes the place of the compiler.  Therefore
        # nothing that needs its C may be installed here.
        pip_install(
            '--no-build-isolation',
            '--use-pep517',
            '--no-binary',
            ':all:',
            *options,
            *hashed(RELEASES),
            CC='true',
            LDSHARED='true',
            PYTHONPATH=os.pathsep.join([str(FOLDER / 'building'), folder]),
        )
    if '--no-deps' not in options:
        pip_install(*options, *re.findall('^.+==[^ ]+', RELEASES.read_text(), re.MULTILINE))


def hashed(path: Path) -> list[str]:
    """The arguments of ``pip install`` for the releases in a file, without what they take."""
    return ['--no-deps', '--require-hashes', '--requirement', str(path)]


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
