"""What a run is made from: the versions of the code, and the content of its data set.

A dict for JSON: ``code`` is a list of the versions that the run has gone through, each with the
epoch ``from_epoch`` on and, where they are known, ``commit`` and whether the checkout was
``changed``; ``data`` are the digests of each split by source.
"""

import logging
import subprocess
from pathlib import Path

from ift6266.errors import InputError

PACKAGE = Path(__file__).resolve().parents[1]
CONTENTS = {'image': 'pictures', 'captions': 'captions', 'caption_vector': 'caption vectors'}

logger = logging.getLogger(__name__)


def code_version(package: Path = PACKAGE) -> dict:
    """The ``commit`` of the package's checkout, and whether tracked files in it are ``changed``.

    An empty dict where it is in none, or there is no git.
    """

    def git(*arguments):
        return subprocess.run(
            ['git', '--no-optional-locks', '-C', str(package), *arguments],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ).stdout.splitlines()

    try:
        git('ls-files', '--error-unmatch', '__init__.py')  # else the checkout is of another project
        first, *lines = git('status', '--porcelain=v2', '--branch', '--untracked-files=no')
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {'commit': first.split()[-1], 'changed': any(line[0] != '#' for line in lines)}


def begun(version: dict, digests: dict[str, dict[str, str]]) -> dict:
    """That of a run that begins with a version of the code and a data set's digests."""
    return {'code': [{'from_epoch': 1, **version}], 'data': digests}


def continued(before: dict, now: dict, *, epoch: int, path: Path) -> dict:
    """That of the run in ``path`` that continues in an ``epoch``, and was begun otherwise perhaps.

    ``before`` may be empty, as for runs that did not record it.  Raises :class:`InputError` where
    the data set was changed.
    """
    if not before:
        logger.info(
            '%s: its run did not record what data it began with: that they are still the '
            'same cannot be checked',
            path,
        )
    changed = [
        f'the {CONTENTS[source]} in {split}'
        for split, digests in now['data'].items()
        for source, digest in digests.items()
        if before and before['data'].get(split, {}).get(source) != digest
    ]
    if changed:
        raise InputError(
            f'{path}: {" and ".join(changed)} are not those that its run began with; '
            'bring the data set back as it was, or begin anew with another --output'
        )
    versions = before['code'] if before else [{'from_epoch': 1}]
    version = {**now['code'][-1], 'from_epoch': epoch}
    if version != {**versions[-1], 'from_epoch': epoch}:
        versions = versions + [version]
    return {'code': versions, 'data': now['data']}
