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
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common import (
    EXPERIMENTS,
    Findings,
    complaint,
    environment,
    finish,
    module,
    must_pass,
    parser,
    save_mscoco,
    save_photographs,
    script,
    work_folder,
)
from kills import content, damage
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
                found = levels(jobs[kind], disk)
                for _ in range(options.tries):
                    left = some_bytes(found, jobs[kind], chance)
                    fault, said = attempt(jobs[kind], disk, left=left)
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
            command=lambda disk: script(*(
                'inpaint.py',
                photo,
                '--model',
                'l2',
                '--output',
                made,
                '--overwrite',
            )),
            variables=with_cache,
            adds=True,
            spare=2**24,  # it does not begin with less
        ),
    }


def levels(job: Job, disk: Path) -> list[int]:
    """How many bytes a command has on the disk beside what was there, at all its moments."""
    clear(disk)
    job.begin(disk)
    before, found = free(disk), set()
    process = subprocess.Popen(
        job.command(disk),
        env=environment(**job.variables(disk)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        found.add(before - free(disk))
        time.sleep(0.0005)
    if process.returncode:
        raise SystemExit(f'{job.command(disk)} ended with {process.returncode}')
    return sorted(found)


def some_bytes(found: list[int], job: Job, chance: random.Random) -> int:
    """Any number up to the need, or what lacks little at one of the moments."""
    if chance.random() < 0.5:
        return chance.randint(0, found[-1] + 2 * BLOCK + job.spare)
    return max(0, chance.choice(found) + BLOCK * chance.randint(-1, 2))


def attempt(job: Job, disk: Path, *, left: int) -> tuple[str | None, str]:
    """What is wrong after a command that had so many bytes; and what it said where it failed."""
    clear(disk)
    job.begin(disk)
    before = content(disk)
    fill(disk, left)
    done = finish(job.command(disk), **job.variables(disk))
    (disk / '.filler').unlink()
    fault = damage(disk)
    if fault or not done.returncode:
        return fault, ''
    lines = [line for line in done.stderr.replace('\r', '\n').splitlines() if line.strip()]
    fault = harm(job, before, disk) or complaint(done.returncode, done.stderr)
    return fault, lines[-1] if lines else ''


def harm(job: Job, before: dict[str, str], disk: Path) -> str | None:
    """What a command that failed did to what was there, or leaves hidden."""
    left = content(disk)
    for name in before:
        if name not in left:
            return f'{name} is gone'
        if left[name] != before[name] and not job.adds:
            return f'{name} has changed'
    if not job.adds and left.keys() - before.keys():
        return f'it leaves {min(left.keys() - before.keys())}'
    return next((f'it leaves {path.name}' for path in disk.rglob('.*')), None)


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
