"""What the campaigns share: options, folders, the project's commands, the report."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy
from PIL import Image

PROJECT = Path(__file__).resolve().parents[2]
EXPERIMENTS = PROJECT / 'experiments'
WORDS = 'a red green blue circle square star small large'.split()
sys.path[:0] = [str(PROJECT), str(EXPERIMENTS)]  # in a checkout without an environment, too


def parser(description: str, *, tries: int) -> argparse.ArgumentParser:
    """A command line with the options that all campaigns have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument('--seed', type=int, default=1, metavar='N', help='default: %(default)s')
    made.add_argument(
        '--tries', type=int, default=tries, metavar='N', help='of each kind (default: %(default)s)'
    )
    made.add_argument(
        '--only', nargs='+', metavar='KIND', help='these kinds alone (default: all of them)'
    )
    made.add_argument(
        '--work',
        type=Path,
        metavar='FOLDER',
        help='where scratch files go, gigabytes for some (default: a new one among temporary '
        'files)',
    )
    return made


@contextmanager
def work_folder(chosen: Path | None) -> Iterator[Path]:
    """A new folder in the one chosen, which is removed at the end."""
    if chosen:
        chosen.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='campaign-', dir=chosen) as folder:
        yield Path(folder)


def script(name: str, *arguments) -> list[str]:
    """The command line of a script in experiments/."""
    return [sys.executable, str(EXPERIMENTS / name), *map(str, arguments)]


def module(name: str, *arguments) -> list[str]:
    """The command line of a module that is run by ``-m``."""
    return [sys.executable, '-m', name, *map(str, arguments)]


def environment(**variables: str) -> dict[str, str]:
    """This process's variables with others, and with the project to import from."""
    paths = [str(PROJECT), os.environ.get('PYTHONPATH', '')]
    return {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, paths)), **variables}


def finish(command: list[str], **variables: str) -> subprocess.CompletedProcess:
    """Run a command to its end; what it printed is in ``stdout`` and ``stderr``."""
    return subprocess.run(
        command,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors='replace',
    )


def must_pass(command: list[str], **variables: str) -> subprocess.CompletedProcess:
    """Run a command that cannot fail, or the campaign ends."""
    done = finish(command, **variables)
    if done.returncode:
        raise SystemExit(f'{" ".join(command)}\nended with {done.returncode}:\n{done.stderr}')
    return done


def complaint(status: int, stderr: str) -> str | None:
    """What is wrong with how a command failed; None where its last line says what failed."""
    lines = [line for line in stderr.replace('\r', '\n').splitlines() if line.strip()]
    if 'Traceback' in stderr or 'Exception ignored' in stderr:
        return 'a traceback'
    if 'Errno None' in stderr:
        return 'an error without words'
    if status < 0:
        return f'it was ended by signal {-status}'
    if not lines or 'error: ' not in lines[-1]:
        return 'its last line says no error'
    return None


class Findings:
    """What went wrong, by kind; and how often it was tried."""

    def __init__(self):
        self.tries, self.faults = Counter(), Counter()

    def add(self, kind: str, fault: str | None, details: str = '') -> None:
        """Count a try of a kind, and print its fault where that is a new one."""
        self.tries[kind] += 1
        if fault:
            text = f'{kind}: {fault}'
            self.faults[text] += 1
            if self.faults[text] == 1:
                print(f'\n{text}\n{details}'.rstrip(), file=sys.stderr, flush=True)

    def report(self, **others) -> int:
        """Print the figures in the last line; the exit status."""
        figures = {'tries': dict(self.tries), 'faults': dict(self.faults), **others}
        print(json.dumps(figures))
        return int(bool(self.faults))


def photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """A picture of smooth colours with some noise."""
    random = numpy.random.RandomState(seed)
    small = Image.fromarray(random.randint(0, 256, (9, 9, 3)).astype('uint8'))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def save_photographs(folder: Path, numbers: dict[str, int]) -> None:
    """Pictures of 80x72 pixels in a folder for each split: so many in each."""
    for index, (split, number) in enumerate(numbers.items()):
        (folder / split).mkdir(parents=True)
        for picture in range(number):
            photograph(80, 72, 1000 * index + picture).save(folder / split / f'{picture}.png')


def caption_lines(number: int) -> list[str]:
    """So many captions, of WORDS."""
    colours, shapes, sizes = WORDS[1:4], WORDS[4:7], WORDS[7:]
    return [f'a {sizes[n % 2]} {colours[n % 3]} {shapes[n // 3 % 3]}' for n in range(number)]


def annotation_tables(numbers: dict[str, int]) -> dict[str, bytes]:
    """MSCOCO's annotations of so many pictures, two captions each, by the names of the files."""
    return {
        f'captions_{split}2014.json': json.dumps({
            'info': {'year': 2014},
            'images': [{'id': n, 'file_name': f'{n}.png', 'width': 80} for n in range(number)],
            'annotations': [
                {'id': n, 'image_id': n // 2, 'caption': caption}
                for n, caption in enumerate(caption_lines(2 * number))
            ],
        }).encode()
        for split, number in numbers.items()
    }


def save_mscoco(folder: Path, numbers: dict[str, int]) -> None:
    """The files of MSCOCO: so many pictures of its splits, train and val, with captions."""
    save_photographs(folder, {f'{split}2014': number for split, number in numbers.items()})
    (folder / 'annotations').mkdir()
    for name, content in annotation_tables(numbers).items():
        (folder / 'annotations' / name).write_bytes(content)
