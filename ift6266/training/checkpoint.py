"""Checkpoints: everything that a run needs to go on, bit for bit, from where it was."""

import json
from pathlib import Path

import numpy as np

from ift6266.arrays import parse_arrays, set_values, write_arrays
from ift6266.distributed import this_process
from ift6266.errors import InputError
from ift6266.files import read_bytes
from ift6266.training.main_loop import MainLoop

PROGRESS = ('epoch', 'iteration', 'totals', 'seconds', 'log')


def _grouped(state):
    """The shared variables by names that are unique over the groups of ``state``."""
    return {
        f'{group}/{variable.name}': variable
        for group, variables in state.items()
        for variable in variables
    }


def save_checkpoint(path: Path, loop: MainLoop) -> None:
    """Write the algorithm's shared variables and the loop's progress; no pickles."""
    progress = {name: getattr(loop, name) for name in PROGRESS}
    values = {
        name: variable.get_value() for name, variable in _grouped(loop.algorithm.state).items()
    }
    write_arrays(path, {'progress': np.array(json.dumps(progress)), **values})


def load_checkpoint(path: Path, loop: MainLoop) -> None:
    """Take up what :func:`save_checkpoint` wrote, in all processes what the first one has.

    Raises :class:`InputError`, with everything as it was, where ``path`` is no
    checkpoint of such a run.
    """
    arrays = parse_arrays(this_process().broadcast(lambda: read_bytes(path)), path)
    try:
        progress = json.loads(str(arrays['progress']))
        progress = {name: progress[name] for name in PROGRESS}
        if not _continues(loop, progress):
            raise ValueError
    except (KeyError, RecursionError, TypeError, ValueError):
        raise InputError(f'{path}: is no checkpoint of a run') from None
    set_values(_grouped(loop.algorithm.state), arrays, path)
    for name, value in progress.items():
        setattr(loop, name, value)


def _continues(loop, progress):
    """Whether the loop can go on from there: a record of each epoch before, and all are numbers."""
    epoch, log = progress['epoch'], progress['log']
    return (
        all(type(value) is type(getattr(loop, name)) for name, value in progress.items())
        and [record['epoch'] for record in log] == [number + 1 for number in range(len(log))]
        and epoch == len(log) + 1
        and 0 <= progress['iteration'] <= loop.stream.iterations_per_epoch
        and all(
            isinstance(value, float)
            for numbers in (progress['totals'], *log)
            for name, value in numbers.items()
            if name != 'epoch'
        )
    )
