"""The run directory: what is where in it, and whether a run may begin or go on there."""

import json
from pathlib import Path

from ift6266.errors import InputError
from ift6266.files import make_output, whole_file
from ift6266.training.ownership import Ownership
from ift6266.training.provenance import continued

PROVENANCE = 'provenance'  # where the file of the options has it


class RunDirectory:
    """The files of a run in the folder ``path``."""

    def __init__(self, path: Path):
        self.path = path
        self.ownership = Ownership(path)
        self.config = path / 'config.json'
        self.log = path / 'log.jsonl'
        self.curves = path / 'curves.png'
        self.samples = path / 'samples'
        self.checkpoint = path / 'checkpoint.npz'
        self.generator = path / 'generator.npz'

    def begin(self, options: dict, provenance: dict | None = None, *, resume: bool = False) -> None:
        """Own the folder, made where it is missing, with a run's ``options``, a dict, in it.

        Beside them goes the run's :mod:`~ift6266.training.provenance`.  Raises
        :class:`InputError` where another process writes to the folder; where it holds a run
        already, unless that is to be continued; and where that has begun with other data.
        """
        make_output(self.path)
        self.ownership.take()
        try:
            if self.checkpoint.exists():
                if not resume:
                    raise InputError(
                        f'{self.path}: holds a run; continue it by --resume, or '
                        'choose another --output'
                    )
                provenance = provenance and continued(
                    self.read_provenance(),
                    provenance,
                    epoch=len(self.read_log()) + 1,
                    path=self.path,
                )
            with whole_file(self.config) as temporary:
                write_config(temporary, options, provenance)
        except BaseException:
            self.ownership.release()
            raise

    def read_config(self) -> dict:
        """The options of the run in the folder; :class:`InputError` where there is none."""
        config = self._read()
        config.pop(PROVENANCE, None)
        return config

    def read_provenance(self) -> dict:
        """What the run was made from; empty where it did not record that."""
        provenance = self._read().get(PROVENANCE, {})
        try:
            known = not provenance or (
                all('from_epoch' in version for version in provenance['code'])
                and all(isinstance(digests, dict) for digests in provenance['data'].values())
            )
        except (AttributeError, KeyError, TypeError):
            known = False
        if not known:
            raise InputError(f'{self.config}: does not say what its run was made from')
        return provenance

    def _read(self):
        try:
            config = json.loads(self.config.read_text())
        except FileNotFoundError:
            raise InputError(f'{self.path}: holds no run') from None
        except (RecursionError, ValueError) as error:
            raise InputError(f'{self.config}: is not JSON: {error}') from None
        if not isinstance(config, dict):
            raise InputError(f'{self.config}: does not hold the options of a run')
        return config

    def read_log(self) -> list[dict]:
        """The records of the run's complete epochs, a list of dicts."""
        if not self.log.exists():
            return []
        try:
            records = [json.loads(line) for line in self.log.read_text().splitlines()]
        except (RecursionError, ValueError) as error:
            raise InputError(f'{self.log}: is not JSON, line by line: {error}') from None
        if not all(isinstance(record, dict) for record in records):
            raise InputError(f'{self.log}: does not hold the records of epochs')
        return records


def write_config(path: Path, options: dict, provenance: dict | None) -> None:
    """Write a run's options, and what it was made from where that is known."""
    known = {PROVENANCE: provenance} if provenance else {}
    path.write_text(json.dumps({**options, **known}, indent=2) + '\n', 'utf-8')
