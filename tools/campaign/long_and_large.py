"""Hands large inputs to the commands that read them, and runs them side by side.

Names by the hundred thousand, an archive of gigabytes, pictures of 67 and 108 megapixels, two
conversions to one file, two runs in one folder, a run on a data set that is being written, three
processes on an empty cache of Theano's.  It takes 8 GB of disk and up to an hour.

    python tools/campaign/long_and_large.py --names 200000 --bytes 5000000000
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from common import (
    Findings,
    complaint,
    environment,
    module,
    must_pass,
    parser,
    photograph,
    save_photographs,
    script,
    work_folder,
)
from kills import content, damage, facts
from tqdm import tqdm

MEGABYTES = 1000
LINKS = 30000  # to one file, which some file systems limit to 32,000


def main() -> int:
    made = parser(__doc__.partition('\n')[0], tries=1)
    made.add_argument('--names', type=int, default=200_000, metavar='N', help='in a folder')
    made.add_argument(
        '--bytes', type=int, default=5 * 10**9, metavar='N', help='in an archive (made, sparse)'
    )
    options = made.parse_args()
    findings, figures, chance = Findings(), {}, random.Random(options.seed)
    kinds = [kind for kind in KINDS if kind in (options.only or KINDS)]
    with work_folder(options.work) as folder:
        for kind in tqdm(options.tries * kinds, unit=' tries'):
            place = folder / kind.replace(' ', '_')
            place.mkdir()
            fault, said = KINDS[kind](place, options, chance)
            findings.add(kind, fault, said)
            figures[kind] = said
            shutil.rmtree(place)
    return findings.report(figures=figures)


def measured(command: list[str], **variables: str) -> tuple[int, str, str]:
    """Exit status, stderr, and seconds and megabytes in words."""
    with open(os.devnull) as nothing:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            env=environment(**variables),
            stdin=nothing,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        stderr = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    used = f'{time.monotonic() - began:.0f} s, {usage.ru_maxrss // 1024} MB'
    return process.returncode, stderr, used


def outcome(command: list[str], **variables: str) -> tuple[str | None, str]:
    """What is wrong with a command that has to end well in a gigabyte; what it took."""
    status, stderr, used = measured(command, **variables)
    fault = f'ends with {status}: {stderr[-300:]}' if status else None
    if not fault and int(used.split()[-2]) > MEGABYTES:
        fault = f'takes more than {MEGABYTES} MB'
    return fault, used


def convert(directory: Path, output: Path, *others) -> list[str]:
    """The command that converts pictures."""
    return module('ift6266.data', 'convert', 'images', '-d', directory, '-o', output, *others)


def folder_of_names(folder, options, chance):
    """A folder of so many names: links to few pictures."""
    names = folder / 'names'
    names.mkdir()
    for number in range(options.names):
        picture = folder / f'{number // LINKS}.png'
        if not picture.exists():
            photograph(64, 64, number).save(picture)
        os.link(picture, names / f'{number:07}.png')
    return outcome(convert(names, folder))


def sparse_zip(folder, options, chance):
    """A zip with a member of so many bytes, all zero, beside a picture."""
    path = folder / 'large.zip'
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('train/one.png', encoded_photograph())
        with archive.open('train/large.png', 'w', force_zip64=True) as member:
            for _ in range(options.bytes // 2**24):
                member.write(bytes(2**24))
    return outcome(convert(path, folder))


def sparse_tar(folder, options, chance):
    """A tar with a member of so many bytes, which the disk does not hold, before a picture."""
    path, header = folder / 'large.tar', tarfile.TarInfo('train/large.png')
    header.size = options.bytes
    with open(path, 'wb') as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        file.seek(-(-options.bytes // 512) * 512, os.SEEK_CUR)
        with tarfile.open(fileobj=file, mode='w') as archive:
            photograph(80, 80).save(folder / 'one.png')
            archive.add(folder / 'one.png', 'train/one.png')
    return outcome(convert(path, folder))


def encoded_photograph() -> bytes:
    """The content of a small PNG file."""
    import io

    content_of = io.BytesIO()
    photograph(80, 80).save(content_of, 'PNG')
    return content_of.getvalue()


def large_pictures(folder, options, chance):
    """Pictures of 67 megapixels, and a JPEG of 108, are converted and painted."""
    pictures = folder / 'pictures'
    pictures.mkdir()
    photograph(8192, 8192).save(pictures / 'limit.png', compress_level=1)
    photograph(8192, 8192).save(pictures / 'limit.jpg')
    photograph(12000, 9000).save(pictures / 'phone.jpg')
    fault, used = outcome(convert(pictures, folder))
    said = [f'converted: {used}']
    for path in sorted(pictures.iterdir()):
        painted, used = outcome(script('inpaint.py', path, '--model', 'l2', '--output', folder))
        fault = fault or painted
        said.append(f'{path.name}: {used}')
    return fault, '; '.join(said)


def start(command: list[str], **variables: str) -> subprocess.Popen:
    """Start a command whose stderr is kept."""
    return subprocess.Popen(
        command,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def ends(processes: list[subprocess.Popen]) -> list[tuple[int, str]]:
    """Exit status and stderr of each."""
    texts = [process.communicate()[1] for process in processes]
    return [(process.returncode, text) for process, text in zip(processes, texts)]


def two_conversions(folder, options, chance):
    """Two conversions to one file: it is one of the two, whole."""
    wholes = []
    for number, pictures in enumerate((120, 90)):
        save_photographs(folder / f'in{number}', {'train': pictures, 'valid': 10})
        must_pass(convert(folder / f'in{number}', folder, '--output-filename', f'{number}.hdf5'))
        wholes.append(facts(folder / f'{number}.hdf5'))
    both = []
    for number in range(2):
        both.append(start(convert(folder / f'in{number}', folder)))
        time.sleep(chance.uniform(0, 1))
    found = ends(both)
    if facts(folder / 'images.hdf5') not in wholes:
        return 'the file is neither of the two', str(found)
    return next((fault_of(end) for end in found if fault_of(end)), None), statuses(found)


def two_runs(folder, options, chance):
    """Two runs in one folder: one is refused, the other ends well."""
    data = data_set(folder)
    command = script('run_l2.py', *data, '--epochs', 3, '--output', folder / 'run')
    both = []
    for _ in range(2):
        both.append(start(command))
        time.sleep(chance.uniform(0, 2))
    found = ends(both)
    if sorted(status for status, _ in found) != [0, 1]:
        return 'not one of the two runs', str(found)
    fault = damage(folder / 'run') or next(filter(None, map(fault_of, found)), None)
    return fault, statuses(found)


def data_set_being_written(folder, options, chance):
    """Runs on a file that conversions and captions replace: as before, as after, or refused."""
    data = data_set(folder)
    found = []
    for number in range(4):
        writer = start(convert(folder / 'in', folder))
        time.sleep(chance.uniform(0, 2))
        run = script('run_l2.py', *data, '--epochs', 1, '--output', folder / f'run{number}')
        found += ends([start(run), writer])
    held = start([sys.executable, '-c', HOLD, folder / 'images.hdf5'])
    time.sleep(1)
    refused = ends([start(script('run_l2.py', *data, '--output', folder / 'held'))])
    held.kill()
    held.communicate()
    found += refused
    if not refused[0][0]:
        return 'a file that another process writes to is taken', ''
    return next(filter(None, map(fault_of, found)), None), statuses(found)


HOLD = 'import h5py, sys, time; f = h5py.File(sys.argv[1], "r+"); time.sleep(600)'


def empty_cache(folder, options, chance):
    """Three processes at once with an empty cache: all end well."""
    data = data_set(folder)
    cache = {'THEANO_FLAGS': f'base_compiledir={folder / "cache"}'}
    commands = [
        script('run_l2.py', *data, '--epochs', 1, '--output', folder / f'run{number}')
        for number in range(3)
    ]
    found = ends([start(command, **cache) for command in commands])
    if any(status for status, _ in found):
        return 'one of them fails', str(found)
    same = {json.dumps(generator(folder / f'run{number}')) for number in range(3)}
    return (None if len(same) == 1 else 'their generators differ'), statuses(found)


def generator(run: Path) -> str:
    """A digest of the generator of a run."""
    return content(run)['generator.npz']


def data_set(folder: Path) -> tuple:
    """Options that name a small data set, which is made: images.hdf5, of the folder in."""
    save_photographs(folder / 'in', {'train': 64, 'valid': 8})
    must_pass(convert(folder / 'in', folder))
    return '--dataset', folder / 'images.hdf5', '--batch-size', 8


def fault_of(end: tuple[int, str]) -> str | None:
    """What is wrong with an end that may be a refusal."""
    status, stderr = end
    return complaint(status, stderr) if status else None


def statuses(found: list[tuple[int, str]]) -> str:
    return 'statuses ' + ' '.join(str(status) for status, _ in found)


KINDS: dict[str, Callable] = {
    'folder of names': folder_of_names,
    'zip': sparse_zip,
    'tar': sparse_tar,
    'large pictures': large_pictures,
    'two conversions': two_conversions,
    'two runs': two_runs,
    'data set being written': data_set_being_written,
    'empty cache': empty_cache,
}


if __name__ == '__main__':
    sys.exit(main())
