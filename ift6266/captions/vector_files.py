"""Files of word vectors as word2vec (binary and text) and GloVe (text without header) write them.

They are read in one pass, in blocks, and only the wanted words are kept.
"""

import codecs
import itertools
import re
from functools import partial
from typing import BinaryIO

import numpy as np

from ift6266.errors import InputError

BLOCK_BYTES = 2**20
LONGEST_WORD = 2**12
LONGEST_LINE = 2**17

_HEADER = re.compile(rb'(\d{1,18})[ \t](\d{1,18})[ \t\r]*\n')
_BLANKS = re.compile(rb'[ \t]+')
_CONTROL = re.compile(rb'[\x00-\x08\x0e-\x1f]')  # 1200 bytes of numbers have some, text has none


def read_vector_file(
    path: str, file: BinaryIO, *, words: list[str], width: int
) -> dict[str, np.ndarray]:
    """The vectors, (width,) of floats, of those of the words that a file has.

    ``file`` is the content of ``path``, decompressed.  The format is known by the content.  If the
    file has a word twice, the first vector counts.

    Raises
    ------
    InputError
        Where the file is none of these, is cut off, has vectors of another width, or a header
        that contradicts what follows.
    """
    wanted = {word.encode(): word for word in words}
    head = file.read(BLOCK_BYTES).removeprefix(codecs.BOM_UTF8)
    header = _HEADER.match(head)
    if not header:
        _check_first_line(path, head.split(b'\n', 1)[0], width)
        blocks = itertools.chain([head], _blocks(file))
        return _read_text(path, blocks, wanted=wanted, width=width, number=None)
    number, found_width = map(int, header.groups())
    if found_width != width:
        raise _wrong_width(path, found_width, width)
    first = head[header.end() :]
    read = _read_binary if _CONTROL.search(first, 0, 4 * width) else _read_text
    blocks = itertools.chain([first], _blocks(file))
    return read(path, blocks, wanted=wanted, width=width, number=number)


def _blocks(file):
    return iter(partial(file.read, BLOCK_BYTES), b'')


def _wrong_width(path, found, width):
    return InputError(f'{path}: has vectors of {found} numbers, where {width} are needed')


def _check_first_line(path, line, width):
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _foreign(path, 'it is text in UTF-16; save it in UTF-8')
    fields = _BLANKS.split(line.rstrip())[1:]
    if len(fields) < 2 or not all(map(_is_number, fields)):
        raise _foreign(
            path,
            'a line of text is a word and its numbers, with blanks between; archives but zip must '
            'be unpacked first',
        )
    if len(fields) != width:
        raise _wrong_width(path, len(fields), width)


def _foreign(path, advice):
    return InputError(
        f'{path}: not word vectors in a format of word2vec, GloVe or gensim; {advice}'
    )


def _is_number(field):
    try:
        float(field)
    except ValueError:
        return False
    return True


def _read_binary(path, blocks, *, wanted, width, number):
    """Records of a word, a blank and ``width`` little-endian float32, some with a line end."""
    wrong_header = partial(_wrong_header, path, number=number, width=width)
    found = {}
    count = start = 0
    rest = b''
    for block in blocks:
        rest, start = rest[start:] + block, 0
        while count < number:
            blank = rest.find(b' ', start, start + LONGEST_WORD)
            end = blank + 1 + 4 * width
            if blank < 0 and len(rest) - start > LONGEST_WORD:
                raise wrong_header(f'no word is before vector {count + 1}')
            if blank < 0 or end > len(rest):
                break
            word = wanted.get(rest[start:blank].lstrip(b'\n'))
            if word is not None and word not in found:
                found[word] = np.frombuffer(rest, '<f4', width, blank + 1).copy()
            start = end
            count += 1
        if count == number and rest[start:].strip():
            raise wrong_header('more than that follows')
    if count < number:
        raise wrong_header(f'the file ends after {count}')
    return found


def _read_text(path, blocks, *, wanted, width, number):
    """Lines of a word and ``width`` numbers, with blanks or tabs between."""
    found = {}
    count = 0
    for count, line in enumerate(_lines(path, blocks), 1):
        line = line.rstrip()
        if b'\t' in line or b'  ' in line:
            line = _BLANKS.sub(b' ', line)
        if line.count(b' ') == width:
            name = line[: line.find(b' ')]
        else:
            name = _name_with_blanks(line, width, place=f'{path}: vector {count}')
        word = wanted.get(name)
        if word is not None and word not in found:
            try:
                found[word] = np.array(line.split(b' ')[-width:]).astype(np.float64)
            except ValueError:
                raise InputError(
                    f'{path}: the vector of "{word}" holds what is not a number; get it again'
                ) from None
    if number not in (None, count):
        raise _wrong_header(path, f'the file ends after {count}', number=number, width=width)
    return found


def _lines(path, blocks):
    rest = b''
    for block in blocks:
        lines = (rest + block).split(b'\n')
        rest = lines.pop()
        if len(rest) > LONGEST_LINE:
            raise InputError(
                f'{path}: has lines of more than {LONGEST_LINE} bytes: no text of word vectors'
            )
        yield from lines
    if rest:
        yield rest


def _name_with_blanks(line, width, *, place):
    """What is before the numbers of a line that has more blanks: GloVe has such words."""
    name = line.rsplit(b' ', width)[0]
    if line.count(b' ') < width or _is_number(name.split(b' ')[-1]):
        raise InputError(
            f'{place} has {line.count(b" ")} numbers, where {width} are needed: cut off or '
            'damaged; get it again'
        )
    return name


def _wrong_header(path, truth, *, number, width):
    return InputError(
        f'{path}: cut off, or its header is wrong: it says {number} vectors of {width} numbers, '
        f'but {truth}; get it again'
    )
