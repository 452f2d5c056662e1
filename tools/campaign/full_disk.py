"""Fills a small file system at any moment of each command that writes.

The file system is a tmpfs that this mounts for itself alone, which takes root.  Each try leaves
another number of bytes free.  A command must then end with a status that is not 0 and one line
that says so, and what was there must be as it was; or else it must end well.

    python tools/campaign/full_disk.py --tries 40            # of each command
"""

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common import (
    EXPERIMENTS,
    Findings,
    complaint,
    finish,
    module,
    must_pass,
    parser,
    save_mscoco,
    save_photographs,
    script,
    work_folder,
)
from kills import content, damage, differences
from tqdm import tqdm

MOUNTED = 'CAMPAIGN_MOUNTED'
SIZE = 2**29
BLOCK = 4096


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command that writes to a disk: what is there before, and the command itself."""

    begin: Callable[[Path], None]
    command: Callable[[Path], list[str]]
    variables: Callable[[Path], dict[str, str]] = lambda disk: {}
    adds: bool = False  # files, of which those that were complete may stay
    spare: int = 0  # bytes beyond its need that are tried, too


def main() -> int:
    options = parser(__doc__.partition('\n')[0], tries=40).parse_args()
    if MOUNTED not in os.environ:
        return mount()
    findings, chance, failed = Findings(), random.Random(options.seed), Counter()
    with work_folder(options.work) as folder, small_disk(folder) as disk:
        jobs = prepare(folder / 'made')
        kinds = [kind for kind in jobs if kind in (options.only or jobs)]
        with tqdm(total=options.tries * len(kinds), unit=' tries') as bar:
            for kind in kinds:
                bar.set_description(kind)
                need = measure(jobs[kind], disk)
                for _ in range(options.tries):
                    fault, said = attempt(jobs[kind], disk, free=chance.randint(0, need))
                    findings.add(kind, fault, said)
                    failed[f'{kind}: {place_of(said)}' if said else f'{kind}: it fitted'] += 1
                    bar.update()
    return findings.report(where=dict(failed))


def with_cache(folder: Path) -> dict[str, str]:
    """The variables by which Theano keeps its programs in a folder."""
    return {'THEANO_FLAGS': f'base_compiledir={folder / "cache"}'}


def mount() -> int:
    """Run this again where mounts are seen by nobody else."""
    unshare = shutil.which('unshare')
    if os.getuid() or not unshare:
        raise SystemExit('full_disk.py: error: mounting a file system takes root and unshare')
    return subprocess.call(
        [unshare, '--mount', '--propagation', 'private', sys.executable, *sys.argv],
        env={**os.environ, MOUNTED: 'yes'},
    )


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """The folder where a tmpfs of SIZE bytes is mounted."""
    disk = folder / 'disk'
    disk.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={SIZE}', 'none', disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(['umount', '--lazy', disk], check=True)


def prepare(made: Path) -> dict[str, Job]:
    """All jobs, and in ``made`` what they take."""
    save_photographs(made / 'pictures', {'train': 40, 'valid': 8})
    save_mscoco(made / 'coco', {'train': 24, 'val': 8})
    dataset = made / 'shapes.hdf5'
    must_pass(
        module('ift6266.data', 'convert', 'mscoco', '-d', made / 'coco', '-o', made)
        + ['--output-filename', dataset.name]
    )
    data = ('--dataset', dataset, '--batch-size', 8, '--output')
    must_pass(script('run_l2.py', '--epochs', 1, *data, made / 'run'))
    must_pass(script('show_network.py', 'generator'), **with_cache(made))

    def nothing(disk):
        """What there is before most commands."""

    def old(name, source):
        return lambda disk: shutil.copy(source, disk / name)

    def training(disk):
        return script('run_l2.py', '--epochs', 2, *data, disk / 'run')

    def resuming(disk):
        return script('run_l2.py', '--resume', '--epochs', 3, '--output', disk / 'run')

    photo = made / 'pictures' / 'valid' / '0.png'
    return {
        'conversion': Job(
            begin=old('images.hdf5', dataset),
            command=lambda disk: module(
                'ift6266.data', 'convert', 'images', '-d', made / 'pictures', '-o', disk
            ),
        ),
        'captions': Job(
            begin=old('shapes.hdf5', dataset),
            command=lambda disk: module('ift6266.captions', disk / 'shapes.hdf5'),
        ),
        'training': Job(begin=nothing, command=training, adds=True),
        'resuming': Job(
            begin=lambda disk: shutil.copytree(made / 'run', disk / 'run'),
            command=resuming,
            adds=True,
        ),
        'painting': Job(
            begin=nothing,
            command=lambda disk: script('inpaint.py', photo, '--model', 'l2', '--output', disk),
            adds=True,
        ),
        'page': Job(
            begin=old('page.html', EXPERIMENTS / 'compare.py'),
            command=lambda disk: script(
                *('compare.py', 'l2', '--dataset', dataset),
                *('--html', disk / 'page.html', '--output', disk / 'drawing.png'),
            ),
            adds=True,
        ),
        'publishing': Job(
            begin=lambda disk: shutil.copytree(made / 'run', disk / 'model'),
            command=lambda disk: script('publish.py', made / 'run', 'model', '--output', disk),
        ),
        "Theano's cache": Job(
            begin=lambda disk: shutil.copytree(made / 'cache', disk / 'cache'),
            command=lambda disk: script('inpaint.py', photo, '--model', 'l2', '--output', made),
            variables=with_cache,
            adds=True,
            spare=2**24,  # it does not begin with less
        ),
    }


def measure(job: Job, disk: Path) -> int:
    """How many bytes a command needs at most, beside what was there."""
    clear(disk)
    job.begin(disk)
    before = free(disk)
    must_pass(job.command(disk), **job.variables(disk))
    largest = max((path.stat().st_size for path in disk.rglob('*') if path.is_file()), default=0)
    return before - free(disk) + largest + 2 * BLOCK + job.spare


def attempt(job: Job, disk: Path, *, free: int) -> tuple[str | None, str]:
    """What is wrong after a command that had so many bytes; and what it said where it failed."""
    clear(disk)
    job.begin(disk)
    before = content(disk)
    fill(disk, free)
    done = finish(job.command(disk), **job.variables(disk))
    (disk / '.filler').unlink()
    fault = damage(disk)
    if not done.returncode:
        return fault, ''
    left = content(disk)
    if job.adds:
        left = {name: left.get(name) for name in before}
    lines = [line for line in done.stderr.replace('\r', '\n').splitlines() if line.strip()]
    hidden = [path.name for path in disk.rglob('.*')]
    if not fault and differences(before, left) and not job.adds:
        fault = f'what was there has changed: {differences(before, left)}'
    if not fault and [name for name in before if left.get(name) is None]:
        fault = 'what was there is gone'
    if not fault and hidden:
        fault = f'it leaves {hidden[0]}'
    return fault or complaint(done.returncode, done.stderr), lines[-1] if lines else ''


def clear(disk):
    """Remove all that is on the disk."""
    for path in disk.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def free(disk) -> int:
    """Bytes that are free."""
    status = os.statvfs(disk)
    return status.f_bavail * status.f_bsize


def fill(disk, left):
    """Leave so many bytes free, to a block."""
    with open(disk / '.filler', 'wb') as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free(disk) - left // BLOCK * BLOCK))


def place_of(line: str) -> str:
    """The last word of a path in an error, which says at which write it came."""
    path = next((word for word in line.split() if '/' in word), line)
    return path.rstrip(':,').rpartition('/')[2]


if __name__ == '__main__':
    sys.exit(main())
