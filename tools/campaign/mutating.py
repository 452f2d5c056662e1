"""Changes to the content of files: what a fault of a disk, a cut copy or a hostile person does."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

# Numbers and fragments that parsers are known to stumble over, and some that start programs.
NUMBERS = (0, 1, -1, 127, 128, 255, 256, 2**15 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)
FRAGMENTS = (
    b'',
    b'\x00' * 16,
    b'\xff' * 16,
    b'\xef\xbb\xbf',
    b'../../../evil',
    b'/evil',
    b'1e999',
    b'NaN',
    b'-1',
    b'9' * 30,
    b'9' * 5000,
    b'null',
    b'"',
    b'\n',
    b'\r\n',
    b'[' * 100000,
    b'{"a":' * 5000,
    b'\\ud800',
    b'%(x)s',
    b"cos\nsystem\n(S'touch started'\ntR.",
    b"cposix\nsystem\n(S'touch started'\ntR",
    b'!!python/object/apply:os.system ["touch started"]',
    b'O',
    b"|O'",
    b'(1000000000000,)',
)
FLIPPED, REPEATED = 8, 4096  # bits at most; bytes at most


@dataclass(frozen=True, eq=False)
class Subject:
    """A kind of file.

    ``samples`` are contents by file name; ``put`` lays one into a folder, with whatever it needs
    beside it, and returns its path; ``use`` runs the commands that read it, writes to a folder and
    returns the exit status.  ``inner``, where a format has check sums, changes a content before
    they are computed: (content, change, chance) → content.
    """

    samples: dict[str, bytes]
    put: Callable[[Path, str, bytes], Path]
    use: Callable[[Path, Path], int]
    inner: Callable | None = None


def mutate(subject: Subject, name: str, chance: Random) -> tuple[bytes, str]:
    """A changed sample, and what was done to it."""
    content, done = subject.samples[name], []
    inside = subject.inner and chance.random() < 0.5
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        change = chance.choice(CHANGES)

        def changed(content, change=change):
            other = subject.samples[chance.choice(sorted(subject.samples))]
            return change(content, chance, other) if content else content

        try:
            content = subject.inner(content, changed, chance) if inside else changed(content)
        except Exception:  # a change before has damaged the format
            content = changed(content)
        done.append(('inside: ' if inside else '') + change.__name__)
    return content, ', '.join(done)


def place(content, chance):
    """A position: anywhere, or near an end, where headers and tables are."""
    near = min(len(content), 2048)
    return chance.choice((
        chance.randrange(len(content)),
        chance.randrange(near),
        len(content) - 1 - chance.randrange(near),
        chance.randrange(min(near, 128)),
    ))


def flip_bits(content, chance, other):
    changed = bytearray(content)
    for _ in range(chance.randint(1, FLIPPED)):
        changed[place(content, chance)] ^= 1 << chance.randrange(8)
    return bytes(changed)


def set_byte(content, chance, other):
    position = place(content, chance)
    value = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    return content[:position] + bytes([value]) + content[position + 1 :]


def set_number(content, chance, other):
    """Two, four or eight bytes become a number: a length, an offset, a count."""
    size = chance.choice((2, 4, 8))
    number = chance.choice((*NUMBERS, len(content), 2**63 - 1)) % 2 ** (8 * size)
    position = place(content, chance) // size * size + chance.choice((0, 0, 0, 1))
    packed = struct.pack(chance.choice('<>') + {2: 'H', 4: 'I', 8: 'Q'}[size], number)
    return content[:position] + packed + content[position + size :]


def set_digits(content, chance, other):
    """A number that is written in digits becomes another."""
    numbers = list(re.finditer(rb'\d+', content[:100000]))
    if not numbers:
        return set_number(content, chance, other)
    number = chance.choice(numbers)
    new = str(chance.choice((*NUMBERS, 2**63, 10**30))).encode()
    return content[: number.start()] + new + content[number.end() :]


def cut(content, chance, other):
    return content[: place(content, chance)]


def remove(content, chance, other):
    position = place(content, chance)
    return content[:position] + content[position + chance.choice((1, 2, 4, 16, 512, 4096)) :]


def repeat(content, chance, other):
    position = place(content, chance)
    piece = content[position : position + chance.randint(1, REPEATED)]
    return content[:position] + piece * chance.choice((2, 2, 3, 50)) + content[position:]


def splice(content, chance, other):
    """A piece of another sample, or of the same, in place of as many bytes or between them."""
    start, position = place(other, chance), place(content, chance)
    piece = other[start : start + chance.choice((1, 4, 16, 256, 4096, len(other)))]
    return content[:position] + piece + content[position + chance.choice((0, len(piece))) :]


def insert(content, chance, other):
    """A fragment in place of some bytes or between them."""
    position, fragment = place(content, chance), chance.choice(FRAGMENTS)
    return content[:position] + fragment + content[position + chance.choice((0, len(fragment))) :]


CHANGES = (
    flip_bits,
    set_byte,
    set_number,
    set_number,
    set_digits,
    cut,
    remove,
    repeat,
    splice,
    insert,
)
