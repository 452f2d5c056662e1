"""Hands mutated files to the commands that read them.

Each try changes bits, bytes, numbers, the length or the order of a valid file and runs, in a
process of its own, the commands that read such a file.  A fault is a traceback, a crash of the
interpreter, more than 30 s, more than 1 GB, a program that is started, a connection, or anything
written outside of the output folder.

    python tools/campaign/mutations.py --tries 600           # of each kind of file
    python tools/campaign/mutations.py --again FOLDER/00017-hdf5   # one that was kept
"""

import json
import os
import random
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from common import PROJECT, Findings, parser, work_folder
from mutating import mutate
from tqdm import tqdm

SECONDS = 30  # of a processor; on a busy machine they take longer
PATIENCE = 20
MEGABYTES = 1000
# Ends of a try that are none of the command's own.
TRACEBACK, FORBIDDEN = 70, 71

PROGRAMS = r'python[\d.]*$|git$|g\+\+$|uname$|try_\w+$'  # that commands of the project start
STARTS = ('subprocess.Popen', 'os.system', 'os.exec', 'os.posix_spawn', 'os.spawn', 'pty.spawn')
CONNECTIONS = (
    'socket.connect',
    'socket.bind',
    'socket.sendto',
    'socket.getaddrinfo',
    'socket.gethostbyname',
)
CHANGES = ('os.rename', 'os.remove', 'os.mkdir', 'os.rmdir', 'os.link', 'os.symlink', 'os.chmod')


def main() -> int:
    made = parser(__doc__.partition('\n')[0], tries=600)
    made.add_argument('--workers', type=int, default=2, metavar='N', help='default: %(default)s')
    made.add_argument(
        '--keep',
        type=Path,
        default=Path('findings'),
        metavar='FOLDER',
        help='where faults are kept',
    )
    made.add_argument('--again', type=Path, metavar='FOLDER', help='a fault that was kept')
    options = made.parse_args()
    for name in 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS':  # a forked process has no threads
        os.environ[name] = '1'
    with work_folder(options.work) as folder:
        import subjects

        if options.again:
            return repeat(options.again, folder)
        findings, ends, seconds, megabytes = Findings(), Counter(), Counter(), 0
        early = subjects.settings()  # read by what must not be imported yet
        pipes, number = start(options, early, folder / 'early', workers=1)
        known = subjects.prepare(folder)
        use_samples(known, folder / 'samples')
        others, more = start(options, known, folder, workers=options.workers)
        for outcome in tqdm(outcomes(pipes + others), total=number + more, unit=' inputs'):
            findings.add(outcome['kind'], outcome['fault'], outcome['details'])
            ends['refused' if outcome['status'] else 'accepted'] += 1
            megabytes = max(megabytes, outcome['megabytes'])
            seconds[outcome['kind']] += outcome['seconds']
    return findings.report(ends=dict(ends), megabytes=megabytes, seconds=rounded(seconds))


def rounded(seconds) -> dict[str, int]:
    """Seconds of processors by kind."""
    return {kind: round(spent) for kind, spent in seconds.items()}


def start(options, subjects, folder, *, workers) -> tuple[list, int]:
    """Start processes that try all kinds; what they report through, and the number of tries."""
    kinds = [name for name in subjects if name in (options.only or subjects)]
    tries = [(number, kind) for number in range(options.tries) for kind in kinds]
    pipes = []
    for worker in range(workers):
        read, write = os.pipe()
        if os.fork() == 0:
            os.close(read)
            with os.fdopen(write, 'w', buffering=1) as pipe:
                for number, kind in tries[worker::workers]:
                    outcome = attempt(
                        options,
                        number,
                        kind,
                        subject=subjects[kind],
                        place=folder / f'worker{worker}',
                    )
                    pipe.write(json.dumps(outcome) + '\n')
            os._exit(0)
        os.close(write)
        pipes.append(os.fdopen(read))
    return pipes, len(tries)


def use_samples(subjects, folder) -> None:
    """Use each sample as it is, so that all modules are imported before a process is forked."""
    for kind, subject in subjects.items():
        for name, content in subject.samples.items():
            place = folder / kind / name
            (place / 'in').mkdir(parents=True)
            (place / 'out').mkdir()
            with (
                open(os.devnull, 'w') as nothing,
                redirect_stderr(nothing),
                redirect_stdout(nothing),
            ):
                subject.use(subject.put(place, name, content), place / 'out')


def outcomes(pipes) -> Iterator[dict]:
    """What became of each try, as it comes."""
    while pipes:
        ready, _, _ = select.select(pipes, [], [])
        for pipe in ready:
            line = pipe.readline()
            if line:
                yield json.loads(line)
            else:
                pipes.remove(pipe)


def attempt(options, number, kind, *, subject, place) -> dict:
    """One try: which input it is depends on the seed, the kind and the number alone."""
    chance = random.Random(f'{options.seed}-{kind}-{number}')
    name = chance.choice(sorted(subject.samples))
    content, how = mutate(subject, name, chance)
    outcome = {'kind': kind, **run(subject, name, content, place=place)}
    if outcome['fault']:
        kept = options.keep / f'{number:05}-{kind}'
        kept.mkdir(parents=True, exist_ok=True)
        (kept / name).write_bytes(content)
        (kept / 'printed').write_text(outcome['details'])
        outcome['details'] += f'\nkept in {kept}: {name}, {how}'
    return outcome


def repeat(kept, folder) -> int:
    """Try again what was kept in a folder."""
    import subjects

    kind = kept.name.partition('-')[2]
    known = subjects.settings()
    subject = known[kind] if kind in known else subjects.prepare(folder)[kind]
    (path,) = (path for path in kept.iterdir() if path.name != 'printed')
    outcome = run(subject, path.name, path.read_bytes(), place=folder / 'again')
    print(outcome.pop('details'))
    print(json.dumps(outcome))
    return int(bool(outcome['fault']))


def run(subject, name, content, *, place) -> dict:
    """Use an input in a forked process; how that ended."""
    shutil.rmtree(place, ignore_errors=True)
    for folder in 'in', 'out', 'tmp':
        (place / folder).mkdir(parents=True)
    path = subject.put(place, name, content)
    before = listing(place)
    process = os.fork()
    if process == 0:
        use(subject, path, place)
    status, usage = wait(process)
    printed = (place / 'printed').read_text('utf-8', 'replace')
    megabytes = usage.ru_maxrss // 1024
    return {
        'status': status,
        'seconds': usage.ru_utime + usage.ru_stime,
        'megabytes': megabytes,
        'fault': fault(status, printed, megabytes=megabytes, changed=listing(place) != before),
        'details': '\n'.join(printed.splitlines()[-40:]),
    }


def wait(process):
    """The status of a process, below 0 for a signal, and what it used; killed when it hangs."""
    signal.signal(signal.SIGALRM, lambda *_: os.kill(process, signal.SIGKILL))
    signal.alarm(PATIENCE * SECONDS)
    _, status, usage = os.wait4(process, 0)
    signal.alarm(0)
    return os.waitstatus_to_exitcode(status), usage


def fault(status, printed, *, megabytes, changed) -> str | None:
    """What a try did that it must not."""
    lines = [line for line in printed.replace('\r', '\n').splitlines() if line.strip()]
    if status == FORBIDDEN:
        return lines[-1]
    if status == TRACEBACK or 'Traceback' in printed or 'Exception ignored' in printed:
        return 'traceback: ' + place_of(printed)
    if status in (-signal.SIGKILL, -signal.SIGXCPU):
        return f'more than {SECONDS} s'
    if status < 0:
        return f'crash: {signal.Signals(-status).name}'
    if megabytes > MEGABYTES:
        return f'more than {MEGABYTES} MB'
    if changed:
        return 'something outside of the output folder is changed'
    if 'Errno None' in printed:
        return 'an error without words'
    if status and not any('error: ' in line for line in lines):
        return 'no line says what was wrong'
    return None


def place_of(printed) -> str:
    """The exception that ended a command, and the last line of the project on the way to it."""
    frames = re.findall(rf'File "{PROJECT}/((?:ift6266|experiments)/.+)", line (\d+)', printed)
    frame = ':'.join(frames[-1]) if frames else 'none of its lines'
    return f'{printed.strip().splitlines()[-1].partition(":")[0]} at {frame}'


def listing(place) -> dict:
    """Everything outside of the folders for output, with its size and time; names beside it."""
    inside = ('out', 'tmp', 'printed')
    found = {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in place.rglob('*')
        if path.relative_to(place).parts[0] not in inside
    }
    beside = {name for name in os.listdir(place.parent) if not name.startswith('worker')}
    return {**found, 'beside': beside}


def use(subject, path, place) -> None:
    """In the forked process: run the commands, under guard, and end with their status."""
    status = TRACEBACK
    try:
        printed = os.open(place / 'printed', os.O_WRONLY | os.O_CREAT)
        for stream in 1, 2:
            os.dup2(printed, stream)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, 2 * SECONDS))
        sys.stdout, sys.stderr = (
            open(stream, 'w', errors='backslashreplace', closefd=False) for stream in (1, 2)
        )
        os.environ['TMPDIR'] = tempfile.tempdir = str(place / 'tmp')
        os.chdir(place)
        sys.dont_write_bytecode = True
        guard(place)
        status = int(subject.use(path, place / 'out'))
    except BaseException:  # whatever it is, it ends here
        traceback.print_exc()
    finally:
        for stream in sys.stdout, sys.stderr:
            stream.flush()
        os._exit(status)


def guard(place) -> None:
    """End this process where it starts a program, connects, or writes outside of its folders."""
    allowed = [str(place / 'out') + os.sep, str(place / 'tmp') + os.sep, os.devnull]
    places = [place / 'out', place / 'tmp']

    def end(reason):
        os.write(2, f'\nforbidden: {reason}\n'.encode())
        os._exit(FORBIDDEN)

    def program(arguments):
        """The name of the program that is started, by a shell or without."""
        started = os.fsdecode(arguments[0])
        if started == '/bin/sh':
            started = arguments[1][2].split()[0]
        return Path(started).name

    def inside(path):
        path = os.path.abspath(os.fsdecode(path))
        return path.startswith(tuple(allowed)) or Path(path) in places

    def hook(event, arguments):
        if event in CONNECTIONS:
            end(f'{event} {arguments}')
        if event in STARTS and not re.match(PROGRAMS, program(arguments)):
            end(f'{event} {arguments}')
        if event in CHANGES and not all(
            inside(path) for path in arguments if isinstance(path, str | bytes)
        ):
            end(f'{event} {arguments}')
        if event == 'open':
            path, _, flags = arguments
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            if writes and isinstance(path, str | bytes | os.PathLike) and not inside(path):
                end(f'{event} {path}')

    sys.addaudithook(hook)


if __name__ == '__main__':
    sys.exit(main())
