"""Theano's loops: ``theano.scan``, and its gradients, which are such loops themselves.

Each step of a loop reads a row of every sequence and some rows of its buffers, and writes a row
into each buffer, or several where it adds up gradients.  XLA would copy a buffer that is read and
written in every step.  So a step passes the rows that later steps need on to the next, as a window
that moves along the buffer: rows enter it before any step reads or changes them, and leave it when
no later step does.
"""

import jax.numpy as jnp
from jax import lax
from theano.compile.mode import optdb
from theano.gof import FunctionGraph
from theano.scan_module.scan_op import Scan

from ift6266.backends.xla.program import Program
from ift6266.backends.xla.registry import static, static_lengths, translate, untranslated
from ift6266.backends.xla.rewritings import rewritings


@translate.register(Scan)
def _(op, node):
    if op.as_while:
        raise untranslated(
            node,
            'stops by a condition, so that the lengths of its results are not known when it is '
            'compiled, and has no translation for XLA',
        )
    program, buffers = program_of_step(op), buffers_of(op)

    def loop(steps, *arguments):
        """What the buffers hold, and shared variables, after all steps."""
        sequences, contents, shared, new, others = groups(
            arguments, op.n_seqs, op.n_outs, op.n_shared_outs, op.n_nit_sot
        )
        steps = checked(steps, sequences)
        contents += [jnp.zeros((length, 0)) for length in static_lengths(new)]

        def advance(state, given):
            windows, shared = state
            of_sequences, entering = given
            rows = [[*window, row] for window, row in zip(windows, entering)]
            read = [row for buffer, near in zip(buffers, rows) for row in buffer.read(near)]
            results = iter(program([*of_sequences, *read, *shared, *others]))
            rows = [buffer.changed(near, results) for buffer, near in zip(buffers, rows)]
            return ([near[1:] for near in rows], list(results)), [near[0] for near in rows]

        windows = [buffer.window(content) for buffer, content in zip(buffers, contents)]
        given = (
            [sequence[:steps] for sequence in sequences],
            [buffer.entering(content, steps) for buffer, content in zip(buffers, contents)],
        )
        (windows, shared), left = lax.scan(advance, (windows, shared), given, steps)
        return (
            *[
                buffer.after(*of_it, steps)
                for buffer, *of_it in zip(buffers, contents, left, windows)
            ],
            *shared,
        )

    return loop


def program_of_step(op):
    """What a loop computes in one step."""
    fgraph = FunctionGraph(op.inputs, op.outputs)
    optdb.query(rewritings()).optimize(fgraph)
    return Program(fgraph, fgraph.toposort())


def groups(values, *counts):
    """``values`` in lists of ``counts`` items, and a last list of the rest."""
    values = iter(values)
    return [*[[next(values) for _ in range(count)] for count in counts], [*values]]


def checked(steps, sequences):
    """The number of steps, an int; raises ValueError where it is 0 or sequences are shorter."""
    steps = int(static(steps, 'the number of steps'))
    if not 1 <= steps <= min(map(len, sequences), default=steps):
        rows = [len(sequence) for sequence in sequences]
        raise ValueError(f'a loop cannot make {steps} steps over sequences of {rows} rows')
    return steps


def buffers_of(op):
    """A :class:`Buffer` for each of a loop's, in the order of its outputs."""
    sums = [Sums(reads, writes) for reads, writes in zip(op.tap_array, op.mit_mot_out_slices)]
    states = [Buffer(reads, [0]) for reads in op.tap_array[op.n_mit_mot :]]
    return [*sums, *states, *[Buffer([], [0]) for _ in range(op.n_nit_sot)]]


class Buffer:
    """A buffer whose rows are initial ones and then a result of each step.

    Parameters
    ----------
    reads, writes : list of int
        The positions of the rows that a step reads and writes, relative to its own row.
    """

    def __init__(self, reads, writes):
        self.reads, self.writes = reads, writes
        self.first = -min(reads, default=0)  # the position of the first step's own row
        self.low, self.high = min([*reads, *writes]), max([*reads, *writes])

    def window(self, content):
        """The rows in the window before the first step."""
        return [
            content[(self.first + place) % len(content)] for place in range(self.low, self.high)
        ]

    def entering(self, content, steps):
        """The rows that enter, one for each step; None where they are only written."""

    def read(self, rows):
        """The rows that the step reads, of those in the window."""
        return [rows[place - self.low] for place in self.reads]

    def changed(self, rows, results):
        """The rows in the window after the step has written the next of ``results``."""
        rows = list(rows)
        for place in self.writes:
            rows[place - self.low] = next(results)
        return rows

    def after(self, content, left, window, steps):
        """The buffer after all steps: as many of the newest rows as fit, and then zeros."""
        rows = jnp.concatenate([left, *[row[None] for row in window]])[-len(content) :]
        return jnp.pad(rows, [(0, len(content) - len(rows)), *[(0, 0)] * (rows.ndim - 1)])


class Sums(Buffer):
    """A buffer of gradients, to which steps add."""

    def entering(self, content, steps):
        return content[self.first + self.high :][:steps]

    def after(self, content, left, window, steps):
        start, end = self.first + self.low, self.first + steps + self.high
        return jnp.concatenate([
            content[:start],
            left,
            *[row[None] for row in window],
            content[end:],
        ])
