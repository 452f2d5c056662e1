"""Which photographs a command line names, and where each goes when it is painted."""

import logging
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ift6266.errors import InputError
from ift6266.masks import without_masks
from ift6266.photographs import SUFFIXES

logger = logging.getLogger('ift6266.inpaint')

# Formats that can be asked for: Pillow's names, and how the names of such files end.
FORMATS = {
    'jpeg': ('JPEG', '.jpg'),
    'png': ('PNG', '.png'),
    'webp': ('WEBP', '.webp'),
    'tiff': ('TIFF', '.tif'),
    'avif': ('AVIF', '.avif'),
    'heic': ('HEIF', '.heic'),
}


@dataclass(frozen=True)
class Job:
    """A photograph, its path below the folder that was given, and the file that it becomes."""

    photo: Path
    place: Path
    output: Path

    @property
    def comparison(self) -> Path:
        """The file of its pictures side by side."""
        return self.output.with_name(f'{self.output.name}-side-by-side.png')


def find_jobs(
    paths: list[Path], output: Path, *, mask: Path | None, suffix: str, format: str | None
) -> list[Job]:
    """A job for each photograph that is in ``paths``, or in a folder of them.

    ``output`` and ``mask``, which may lie in such a folder, are no photographs.  In another
    ``format``, a key of ``FORMATS``, photographs of one stem keep their whole names.  Raises
    :class:`InputError` where a photograph, or the output of another, would be written over.
    """
    found = [pair for path in paths for pair in _photographs(path, output, mask)]
    stems = Counter(place.with_suffix('') for _, place in found)
    jobs = []
    for photo, place in found:
        stem, ending = place.stem, place.suffix
        if format:
            alone = stems[place.with_suffix('')] == 1
            stem, ending = stem if alone else place.name, FORMATS[format][1]
        jobs.append(Job(photo, place, output / place.with_name(stem + suffix + ending)))
    _check(jobs)
    return jobs


def _photographs(path, output, mask):
    """The photographs of an argument, each with the path that it has below it."""
    if not path.is_dir():
        return [(path, Path(path.name))]
    files, others = [], 0
    for folder, folders, names in os.walk(path, onerror=_fail):
        visible = [name for name in folders if not name.startswith('.')]
        folders[:] = sorted(name for name in visible if not _same(Path(folder, name), output))
        for name in sorted(names):
            if Path(name).suffix.lower() not in SUFFIXES or name.startswith('.'):
                others += 1
            elif mask is None or not _same(Path(folder, name), mask):
                files.append(Path(folder, name))
    photos = without_masks(files)
    if not photos:
        raise InputError(
            f'{path}: there is no photograph in this folder, by the names of its files'
        )
    if others:
        logger.info('%s: %d files are no photographs, by their names', path, others)
    if len(photos) < len(files) and mask is None:
        logger.info(
            '%s: %d masks in it are not used without --mask', path, len(files) - len(photos)
        )
    return [(photo, photo.relative_to(path)) for photo in photos]


def _fail(error):
    raise error


def _same(path, other):
    return path.resolve() == other.resolve()


def _check(jobs):
    """Refuse to write over a photograph, or over the output of another."""
    taken = {job.photo.resolve() for job in jobs}
    for path in (path.resolve() for job in jobs for path in (job.output, job.comparison)):
        if path in taken:
            raise InputError(
                f'{path}: is one of the photographs, or would be written for two of '
                'them; use another --output or --suffix, or rename'
            )
        taken.add(path)
