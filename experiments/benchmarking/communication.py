"""How much the devices that run a function by XLA communicate, read in XLA's program."""

import math
import re
from collections.abc import Callable, Iterable

import numpy as np

# … = f32[96,64]{1,0} all-reduce(…, of one array or several
INSTRUCTION = re.compile(r'= (?P<shapes>.*?) (?P<kind>all-reduce|all-gather)(-start)?\(')
ARRAY = re.compile(r'([a-z]+)(\d+)\[([\d,]*)\]')


def communication(function: Callable, arguments: Iterable[np.ndarray], devices: int) -> dict:
    """How often the devices communicate in one call, and how many bytes each sends.

    ``function`` is a Theano function, compiled by XLA.  Returns ``times`` and ``bytes``: of an
    all-reduce of S bytes a device sends 2 S (n − 1) / n, of an all-gather to S bytes half of that
    (a ring; Patarasuk and Yuan 2009).
    """
    for container, argument in zip(function.input_storage, arguments):
        container.storage[0] = argument
    program = function.fn.function.lower(*function.fn.arguments()).compile().as_text()
    found = [(match['kind'], bytes_of(match['shapes'])) for match in INSTRUCTION.finditer(program)]
    ways = {'all-reduce': 2, 'all-gather': 1}
    return {
        'times': len(found),
        'bytes': sum(ways[kind] * size for kind, size in found) * (devices - 1) / devices,
    }


def bytes_of(shapes: str) -> int:
    """The size of the arrays in a text such as ``(f32[96,64]{1,0}, f32[])``."""
    return sum(
        int(bits) // 8 * math.prod(map(int, filter(None, lengths.split(','))))
        for _, bits, lengths in ARRAY.findall(shapes)
    )
