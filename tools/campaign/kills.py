"""Kills commands at random moments: what they leave must be whole, and the next run goes on.

Half of the kills come at any moment of a run, half just after a change in the folder that it
writes to.  After each, every file must be readable under its name, and what a command replaces
must be as it was before or as it is at the end.  Runs that continue must end, bit for bit, as one
that nobody interrupted.

    python tools/campaign/kills.py --tries 100               # of each kind
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
from common import (
    Findings,
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
from PIL import Image
from tqdm import tqdm

CHAIN = 5  # kills of a run before it may end
TIMES = ('seconds', 'examples_per_second')  # in a log, different in each run


@dataclass(frozen=True, kw_only=True)
class Job:
    """A command that is killed: how its folder begins, and the command that goes on there."""

    begin: Callable[[Path], None]
    command: Callable[[Path], list[str]]
    continues: bool = False  # from where it was, else from the beginning


def main() -> int:
    options = parser(__doc__.partition('\n')[0], tries=100).parse_args()
    findings, chance = Findings(), random.Random(options.seed)
    ended = {}
    with work_folder(options.work) as folder:
        jobs = prepare(folder / 'made')
        kinds = [kind for kind in jobs if kind in (options.only or jobs)]
        with tqdm(total=options.tries * len(kinds), unit=' kills') as bar:
            for kind in kinds:
                bar.set_description(kind)
                attempts = Attempts(kind, jobs[kind], folder / kind, chance=chance)
                attempts.make(options.tries, findings, bar)
                ended[kind] = attempts.compared
    return findings.report(compared=ended)


def prepare(made: Path) -> dict[str, Job]:
    """All jobs, and in ``made`` what they take."""
    save_photographs(made / 'pictures', {'train': 60, 'valid': 12})
    convert = ('ift6266.data', 'convert', 'images', '-d', made / 'pictures', '-o')
    save_mscoco(made / 'coco', {'train': 48, 'val': 8})
    must_pass(
        module('ift6266.data', 'convert', 'mscoco', '-d', made / 'coco', '-o', made)
        + ['--output-filename', 'shapes.hdf5']  # a name whose origin publish.py knows
    )
    train = {
        'l2': ('run_l2.py',),
        'l2 averaged': ('run_l2.py', '--average', 0.9),
        'gan': ('run_gan.py', '--critic-steps', 2),
        'gan averaged': ('run_gan.py', '--critic-steps', 2, '--average', 0.9),
    }
    data = ('--dataset', made / 'shapes.hdf5', '--batch-size', 8, '--epochs', 4, '--flips')

    def training(name, *arguments):
        def command(folder):
            if (folder / 'run' / 'checkpoint.npz').exists():
                return script(name, '--resume', '--output', folder / 'run')
            return script(name, *arguments, *data, '--output', folder / 'run')

        return Job(begin=lambda folder: None, command=command, continues=True)

    must_pass(script('run_l2.py', *data, '--output', made / 'run'))
    return {
        'conversion': Job(
            begin=lambda folder: shutil.copy(made / 'shapes.hdf5', folder / 'images.hdf5'),
            command=lambda folder: module(*convert, folder),
        ),
        'captions': Job(
            begin=lambda folder: shutil.copy(made / 'shapes.hdf5', folder),
            command=lambda folder: module('ift6266.captions', folder / 'shapes.hdf5'),
        ),
        **{kind: training(*arguments) for kind, arguments in train.items()},
        'publishing': Job(
            begin=lambda folder: shutil.copytree(made / 'run', folder / 'model'),
            command=lambda folder: script('publish.py', made / 'run', 'model', '--output', folder),
        ),
    }


class Attempts:
    """The kills of one job; ``compared`` counts the runs that went on to their end."""

    def __init__(self, kind, job: Job, folder: Path, *, chance: random.Random):
        self.kind, self.job, self.folder, self.chance = kind, job, folder, chance
        self.before = self._anew()
        started = time.monotonic()
        must_pass(job.command(folder))
        self.seconds = time.monotonic() - started
        self.after = content(folder)
        self.changes = 30  # more than there are is as good as none
        self.compared = 0

    def make(self, tries: int, findings: Findings, bar: tqdm) -> None:
        """Kill the job so many times."""
        self._anew()
        for number in range(tries):
            moment = self._kill()
            fault = damage(self.folder)
            if not fault and not self.job.continues:
                left = content(self.folder)
                if left not in (self.before, self.after):
                    fault = 'what was there is neither as before nor replaced'
            if not fault and (not self.job.continues or number % CHAIN == CHAIN - 1):
                fault = self._end()
            findings.add(self.kind, fault, f'killed {moment}')
            bar.update()

    def _anew(self):
        """Begin with an empty folder; its content then."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.job.begin(self.folder)
        return content(self.folder)

    def _kill(self) -> str:
        """Start the job and kill it, unless it ends before; the moment in words."""
        process = subprocess.Popen(
            self.job.command(self.folder),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self.chance.random() < 0.5:
            seconds = self.chance.uniform(0, self.seconds)
            moment = f'after {seconds:.3f} s'
            time.sleep(seconds)
        else:
            change = self.chance.randint(1, self.changes)
            moment = f'after change {change} of the folder'
            self._await_change(change, process)
            time.sleep(self.chance.choice((0, self.chance.uniform(0, 0.01))))
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        return moment

    def _await_change(self, number, process):
        """Return after so many changes of the folder, or when the process has ended."""
        seen = names(self.folder)
        while number and process.poll() is None:
            time.sleep(0.0005)
            now = names(self.folder)
            if now != seen:
                seen, number = now, number - 1

    def _end(self) -> str | None:
        """Let the job end; what is wrong then."""
        done = finish(self.job.command(self.folder))
        if done.returncode:
            return f'the next run ends with {done.returncode}: {done.stderr[-300:]}'
        self.compared += 1
        different = differences(content(self.folder), self.after)
        self._anew()
        return f'the end differs from that of a whole run in {different}' if different else None


def names(folder) -> set:
    """What is in a folder, with times, hidden files included."""
    found = set()
    for parent, _, files in os.walk(folder):
        for name in files:
            path = os.path.join(parent, name)
            try:
                found.add((path, os.stat(path).st_mtime_ns))
            except FileNotFoundError:
                pass
    return found


def visible(folder: Path) -> list[Path]:
    """The files with a name of their own: no hidden ones, nor any in hidden folders."""
    return sorted(
        path
        for path in folder.rglob('*')
        if path.is_file()
        and not any(part.startswith('.') for part in path.relative_to(folder).parts)
    )


def damage(folder: Path) -> str | None:
    """Which file cannot be read, and why."""
    for path in visible(folder):
        try:
            facts(path)
        except Exception as error:  # anything is a finding
            return f'{path.name} is not whole: {error!r}'
    return None


def content(folder: Path) -> dict[str, str]:
    """A digest of each file, without the times in it."""
    return {str(path.relative_to(folder)): facts(path) for path in visible(folder)}


def differences(one: dict, other: dict) -> list[str]:
    """Names of the files that differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def facts(path: Path) -> str:
    """A digest of what a file says, read in whole; without times."""
    from ift6266.arrays import read_arrays

    if path.suffix == '.npz':
        arrays = read_arrays(path)
        progress = json.loads(str(arrays.pop('progress', '{"log": []}')))
        progress = {**progress, 'log': timeless(progress['log']), 'seconds': 0}
        parts = [json.dumps(progress).encode()]
        parts += [name.encode() + array.tobytes() for name, array in sorted(arrays.items())]
    elif path.suffix == '.hdf5':
        parts = [repr(read_hdf5(path)).encode()]
    elif path.suffix == '.jsonl':
        lines = path.read_text().splitlines()
        parts = [json.dumps(timeless(map(json.loads, lines))).encode()]
    elif path.suffix == '.json':
        parts = [json.dumps(json.loads(path.read_text())).encode()]
    elif path.suffix == '.png':
        with Image.open(path) as image:
            parts = [b'' if path.stem == 'curves' else image.convert('RGB').tobytes()]
            image.load()
    else:
        parts = [path.read_bytes()]
    return hashlib.blake2b(b'\0'.join(parts), digest_size=16).hexdigest()


def timeless(records) -> list[dict]:
    """Records of a log without times."""
    return [{key: x for key, x in record.items() if key not in TIMES} for record in records]


def read_hdf5(path: Path) -> list:
    """Name and digest of each data set in a file, and its splits."""
    with h5py.File(path, 'r') as h5file:
        rows = h5file.attrs['split'][['split', 'source', 'start', 'stop']]  # no references
        found = [('split', repr(rows.tolist()))]

        def visit(name, item):
            if isinstance(item, h5py.Dataset):
                array = item[()]
                text = array.tolist() if array.dtype.hasobject else array.tobytes()
                found.append((name, hashlib.blake2b(repr(text).encode()).hexdigest()))

        h5file.visititems(visit)
    return sorted(found)


if __name__ == '__main__':
    sys.exit(main())
