"""The rows of the benchmark, measured in rounds.

In each round every backend of ours and every form of the peer's runs once, one at a time: what
slows the machine down for a while slows both sides, and ratios are of times measured in turn.
"""

import tempfile
from collections.abc import Callable
from functools import partial

from ift6266.errors import InputError

from .measure import Calls, first_update, matrix_product_peak, peak_memory, with_cache
from .pairs import compare
from .process import Process

OURS, PEER, NOTEBOOK = 'ours', 'pytorch', 'notebook'
STARTS = 3  # processes started with a warm cache, of each side and form


class Rows:
    """Measures rows.

    Parameters
    ----------
    processes
        Started ones, by side and form; the side is ``'ours'``, or ``'pytorch'`` if there is one.
    environment
        Environment variables of the processes that a row starts.
    precision
        That of the processes.
    repeats
        Rounds.
    show, note
        Called with what is being measured, and with what was left out.
    """

    def __init__(
        self,
        processes: dict[tuple[str, str], Process],
        *,
        environment: dict[str, str],
        precision: str,
        repeats: int,
        show: Callable[[str], None],
        note: Callable[[str], None],
    ):
        self.processes, self.environment, self.repeats = processes, environment, repeats
        self.precision = precision
        self.show, self.note = show, note
        show('large matrix product')
        self.peak = matrix_product_peak(processes.values())

    def measure(self, what: str, batch: int) -> list[dict]:
        """A row for each backend: times in ms, memory in mb, and their comparison."""
        special = {
            'first update cold': self._cold,
            'first update warm': self._warm,
            'peak memory': self._memory,
        }
        values = special[what](batch) if what in special else self._calls(what, batch)
        return [
            self._row(what, form, batch, values=values) for side, form in values if side == OURS
        ]

    def _calls(self, what, batch):
        keys = list(self.processes)
        if what == 'wgan iteration':
            keys += [(NOTEBOOK, form) for side, form in keys if side == PEER]
        if what == 'stream':  # no network, so the peer's forms are the same
            keys = [(side, form) for side, form in keys if side == OURS or form == 'eager']

        def prepare(side, form):
            if side == NOTEBOOK:
                return Calls(self.processes[PEER, form], what + ' as notebook', batch)
            return Calls(self.processes[side, form], what, batch)

        prepared = self._each(what, prepare, keys)
        return self._rounds(
            what, {key: calls.measure for key, calls in prepared.items()}, self.repeats
        )

    def _cold(self, batch):
        """One start each, since to fill an empty cache takes long."""

        def start(side, form):
            with tempfile.TemporaryDirectory() as folder:
                environment = with_cache(self.environment, folder)
                return [
                    first_update(
                        side, form, batch, precision=self.precision, environment=environment
                    )
                ]

        return self._each('first update cold', start, self.processes)

    def _warm(self, batch):
        def start(side, form):
            return first_update(
                side, form, batch, precision=self.precision, environment=self.environment
            )

        started = self._each('cache for first update warm', start, self.processes)
        return self._rounds(
            'first update warm',
            {key: partial(start, *key) for key in started},
            min(self.repeats, STARTS),
        )

    def _memory(self, batch):
        def hold(side, form):
            return [
                peak_memory(
                    side, form, batch, precision=self.precision, environment=self.environment
                )
            ]

        return self._each('peak memory', hold, self.processes)

    def _each(self, what, function, keys):
        """What ``function(side, form)`` returns for each; a form of the peer's may fail."""
        values = {}
        for side, form in keys:
            self.show(f'{what}: {side} ({form})')
            try:
                values[side, form] = function(side, form)
            except InputError as error:
                if side == OURS:
                    raise
                self.note(f'{what} without {error}')
        return values

    def _rounds(self, what, measures, repeats):
        """A list for each, of what it returned in each round."""
        values = {key: [] for key in measures}
        for number in range(repeats):
            self.show(f'{what}: round {number + 1} of {repeats}')
            for key, measure in measures.items():
                values[key].append(measure())
        return values

    def _row(self, what, backend, batch, *, values):
        ours = values[OURS, backend]

        def against(other):
            return compare(
                ours, {form: theirs for (side, form), theirs in values.items() if side == other}
            )

        found = against(PEER)
        row = {
            'what': what,
            'backend': backend,
            'batch': batch,
            'precision': self.precision,
            'ms': found.ours,
            'torch_ms': found.theirs,
            'ratio': found.ratio,
            'spread': found.spread,
            'torch_form': found.form,
            'torch_forms': found.forms,
        }
        if what == 'peak memory':
            row.update(mb=row['ms'], torch_mb=row['torch_ms'], ms=None, torch_ms=None)
        if what == 'wgan iteration':
            found = against(NOTEBOOK)
            row.update(
                torch_notebook_ms=found.theirs,
                notebook_ratio=found.ratio,
                notebook_spread=found.spread,
                torch_notebook_form=found.form,
            )
        row['gflop'] = self.processes[OURS, backend].ask('gflop', what, batch)
        row['share_of_peak'] = row['gflop'] and row['gflop'] / row['ms'] * 1000 / self.peak
        return row
