"""Theano's loops: ``theano.scan``, and its gradients, which are such loops themselves.

In each step a loop reads a row of every sequence, and of its buffers rows that it has written
before; and writes one into each buffer, or several where it adds up gradients.  A buffer may have
fewer rows than there are steps, where nobody reads the others: the loop goes round in it.
"""
import jax
import jax.numpy as jnp
from jax import lax
from theano.compile.mode import optdb
from theano.gof import FunctionGraph
from theano.gof.graph import clone
from theano.scan_module.scan_op import Scan

from ift6266.backends.xla.program import Program
from ift6266.backends.xla.registry import known, lengths, translate, untranslated
from ift6266.backends.xla.rewritings import rewritings


@translate.register(Scan)
def _(op, node):
    if op.as_while:
        raise untranslated(node, 'stops by a condition, so that no length of a result is known '
                                 'before, and has no translation for XLA')
    program, places = program_of_step(op), Places(op)

    def loop(steps, *arguments):
        """The buffers, and the values of shared variables, after all steps."""
        sequences, buffers, shared, new, others = groups(
            arguments, op.n_seqs, op.n_outs, op.n_shared_outs, op.n_nit_sot)
        steps = checked(steps, sequences)

        def compute(step, buffers, shared):
            """The rows to be written, and the new values of shared variables."""
            return groups(program([*[row(sequence, step) for sequence in sequences],
                                   *places.read(buffers, step), *shared, *others]), places.count)

        def advance(step, state):
            rows, shared = compute(step, *state)
            return places.written(state[0], step, rows), shared

        rows, _ = jax.eval_shape(compute, 0, buffers, shared)
        buffers += [jnp.zeros((length, *row.shape), row.dtype)
                    for length, row in zip(lengths(new), rows[len(rows) - len(new):])]
        buffers, shared = lax.fori_loop(0, steps, advance, (buffers, shared))
        return (*places.in_order(buffers, steps), *shared)
    return loop


def program_of_step(op):
    """What a loop computes in one step."""
    fgraph = FunctionGraph(*clone(op.inputs, op.outputs))
    optdb.query(rewritings()).optimize(fgraph)
    return Program(fgraph, fgraph.toposort())


def groups(values, *counts):
    """Lists of so many of the values, in their order, and one of the others."""
    values = iter(values)
    return [*[[next(values) for _ in range(count)] for count in counts], [*values]]


def checked(steps, sequences):
    """The number of steps, an int; raises ValueError where it is none or sequences are shorter."""
    steps = int(known(steps, 'the number of steps'))
    if not 1 <= steps <= min(map(len, sequences), default=steps):
        raise ValueError('a loop cannot make {} steps over sequences of {} rows'.format(
            steps, [len(sequence) for sequence in sequences]))
    return steps


def row(array, number):
    return lax.dynamic_index_in_dim(array, number, keepdims=False)


class Places:
    """Which rows of its buffers a loop reads and writes.

    Attributes
    ----------
    first : list of int
        The row of each buffer that is the first step's.
    reads, writes : list of lists of int
        The rows that a step reads and writes, counted from its own.
    count : int
        How many rows a step writes.
    """

    def __init__(self, op):
        self.first = [int(-tap) for tap in op.mintaps]
        self.sums = op.n_mit_mot
        self.reads = op.tap_array
        self.writes = [*op.mit_mot_out_slices, *[[0]] * (len(self.first) - self.sums)]
        self.count = sum(map(len, self.writes))

    def read(self, buffers, step):
        """The rows that a step reads."""
        return [row(buffer, (step + first + tap) % len(buffer)) for buffer, first, taps
                in zip(buffers, self.first, self.reads) for tap in taps]

    def written(self, buffers, step, rows):
        """The buffers with the rows that a step has computed."""
        buffers, rows = list(buffers), iter(rows)
        for number, (first, taps) in enumerate(zip(self.first, self.writes)):
            for tap in taps:
                buffer = buffers[number]
                buffers[number] = lax.dynamic_update_index_in_dim(
                    buffer, jnp.broadcast_to(next(rows), buffer.shape[1:]),
                    (step + first + tap) % len(buffer), 0)
        return buffers

    def in_order(self, buffers, steps):
        """The buffers after all steps, from the oldest row on, with zeros where none is."""
        return [*buffers[:self.sums], *[
            from_oldest(buffer, first + steps)
            for buffer, first in zip(buffers[self.sums:], self.first[self.sums:])]]


def from_oldest(buffer, end):
    """A buffer whose newest row is the one before ``end``, counted without going round."""
    if end > len(buffer):
        return jnp.roll(buffer, -end, 0)
    return buffer.at[end:].set(0)
