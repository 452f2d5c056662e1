"""The trained generators that come with the package, found by name.

Each has a folder here: ``generator.npz``, and beside it ``config.json`` (the options of its run),
``log.jsonl``, ``measures.json`` and ``README.md``.  experiments/publish.py makes such folders.
"""

import os
from pathlib import Path

from ift6266.errors import InputError

FOLDER = Path(__file__).resolve().parent
FILE = 'generator.npz'
ORDER = ('l2', 'wgan_report', 'wgan', 'captions')  # as the report has them; others come after


def names(folder: Path = FOLDER) -> list[str]:
    """Names of the models there are."""
    found = sorted(path.parent.name for path in Path(folder).glob('[!.]*/' + FILE))
    return [name for name in ORDER if name in found] + [name for name in found if name not in ORDER]


def find(name: str, folder: Path = FOLDER) -> str:
    """Path of the file of a trained generator, a str.

    Parameters
    ----------
    name : str
        The name of one of the models in ``folder``, or else the path of an ``.npz`` file or of the
        run directory that it is in.

    Raises
    ------
    InputError
        If there is no such file or model.
    """
    if name in names(folder):
        return str(Path(folder, name, FILE))
    path = os.path.join(name, FILE) if os.path.isdir(name) else name
    if os.path.isfile(path):
        return path
    if path.endswith('.npz') or os.sep in path:
        raise InputError(
            f'{path}: no such file; a model is a run directory, its generator.npz, or one of '
            f'{_listed(folder)}'
        )
    raise InputError(f'no model {name!r}: there are {_listed(folder)}, or a run directory')


def find_run(name: str, folder: Path = FOLDER) -> str:
    """Folder of a model by its name, or that of a run, which is given as a path: both hold a log.

    Raises :class:`InputError` where there is no such model.
    """
    if os.sep in name or (os.path.isdir(name) and name not in names(folder)):
        return name
    return str(Path(find(name, folder)).parent)


def _listed(folder):
    return ', '.join(names(folder)) or 'none in the package'
