"""Which split each picture goes to: by the names of folders, or by a hash of its own."""

import hashlib
import re

from ift6266.data.archives import printable
from ift6266.data.pictures import Refused
from ift6266.errors import InputError

_WORDS = {
    'train': 'train',
    'training': 'train',
    'val': 'valid',
    'valid': 'valid',
    'validate': 'valid',
    'validation': 'valid',
    'dev': 'valid',
    'development': 'valid',
    'test': 'test',
    'testing': 'test',
    'eval': 'test',
    'evaluation': 'test',
}
_ENDINGS = re.compile('(set|data|images?|imgs?)$')  # trainset, testdata
_ALIKE = re.compile('(train|valid|test)')
_SUFFIX = re.compile(r'(?<=[^/])\.[^./]*$')
_SHOWN = 8  # folders in a line of the report


def splits_and_rule(paths: list[str]) -> tuple[list[str | Refused], str]:
    """The splits of pictures, and the rule in words.

    They are made by folders that are named as splits or, where there are none, by a hash.
    Folders of two different splits must stand side by side.  The first such level counts: there,
    every folder is a split, and what lies beside them is refused.  Where none of them is for
    ``valid``, a hash takes one in ten of ``train``.

    Raises
    ------
    InputError
        Where folders look like splits in a way that is not understood.
    """
    folders = [path.split('/')[:-1] for path in paths]
    depth = _depth_of_splits(folders)
    if depth is None:
        splits, rule = hashed_splits(paths)
        return splits, f'splits by {rule}'
    names = [parts[depth] if len(parts) > depth else None for parts in folders]
    outside = Refused('outside the folders of the splits')
    splits = [outside if name is None else split_of_folder(name) or name for name in names]
    rule = f'splits by the folders {_list(set(names) - {None})}'
    if 'train' in splits and 'valid' not in splits:
        rows = [row for row, split in enumerate(splits) if split == 'train']
        divided, hashed = hashed_splits([paths[row] for row in rows])
        for row, split in zip(rows, divided):
            splits[row] = split
        rule += f'; none is named valid, so that train is divided by {hashed}'
    return splits, rule


def split_of_folder(name: str) -> str | None:
    """The split that a folder is named as, ``train``, ``valid`` or ``test``, or None.

    >>> [split_of_folder(name) for name in ('Training', 'val2014', 'DIV2K_train_HR', 'testset')]
    ['train', 'valid', 'train', 'test']
    """
    splits = {_WORDS.get(_ENDINGS.sub('', word)) for word in _words(name)} - {None}
    return splits.pop() if len(splits) == 1 else None


def hashed_splits(paths: list[str]) -> tuple[list[str], str]:
    """One in ten in ``valid``, the others in ``train``, and the rule in words.

    The hash is of the name without suffix, so that a picture is in the same split whatever else is
    there.  Where half of the names or more occur twice it is of the path.  Of two pictures or more,
    one at least is in each split.
    """
    keys = [printable(_SUFFIX.sub('', path).rpartition('/')[2]) for path in paths]
    what = 'names'
    if 2 * len(set(keys)) <= len(keys):
        keys, what = list(map(printable, paths)), 'paths, since many have the same name'
    hashes = [int(hashlib.md5(key.encode()).hexdigest(), 16) for key in keys]
    least = {min(hashes, default=None)}
    chosen = {value for value in hashes if value % 10 == 0} or least
    if chosen == set(hashes):
        chosen = least
    splits = ['valid' if value in chosen else 'train' for value in hashes]
    return splits, f'a hash of the {what}: one in ten in valid, the others in train'


def _words(name):
    """The words of a name in lower case; trainA and val2014 begin with one."""
    apart = re.sub('(?<=[a-z])(?=[A-Z])', ' ', name)
    return re.findall(r'[^\W\d_]+', apart.casefold())


def _depth_of_splits(folders):
    """How deep the first folders of two different splits lie that are side by side, or None.

    Raises InputError where there are none, but folders that look like them.
    """
    known, alike = {}, {}
    for path in {tuple(parts) for parts in folders}:
        for depth, name in enumerate(path):
            parent = path[:depth]
            known.setdefault(parent, set()).add(split_of_folder(name))
            for word in _words(name):
                if _ALIKE.match(word):
                    alike.setdefault(parent, {}).setdefault(_ALIKE.match(word)[1], set()).add(name)
    depths = [len(parent) for parent, splits in known.items() if len(splits - {None}) > 1]
    if depths:
        return min(depths)
    for names in alike.values():
        if len(names) > 1:
            raise InputError(
                f'the folders {_list(set.union(*names.values()))} look like splits, but are not '
                'understood; name them train, valid and test'
            )
    return None


def _list(folders):
    """The names of folders, and the splits that they become where those are called otherwise."""
    names = []
    for name in sorted(folders):
        split = split_of_folder(name)
        names.append(printable(name) + (f' ({split})' if split not in (None, name) else ''))
    more = f' and {len(names) - _SHOWN} more' if len(names) > _SHOWN else ''
    return ', '.join(names[:_SHOWN]) + more
