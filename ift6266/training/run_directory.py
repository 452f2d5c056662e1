"""The run directory: what is where in it, and whether a run may begin or go on there."""
import json

from ift6266.errors import InputError
from ift6266.files import whole_file


class RunDirectory:
    """The files of a run in the folder ``path``, a :class:`pathlib.Path`."""

    def __init__(self, path):
        self.path = path
        self.config = path / 'config.json'
        self.log = path / 'log.jsonl'
        self.curves = path / 'curves.png'
        self.samples = path / 'samples'
        self.checkpoint = path / 'checkpoint.npz'
        self.generator = path / 'generator.npz'

    def begin(self, config, resume=False):
        """Make the folder, with a run's options ``config``, a dict, in it.

        Raises :class:`InputError` where it holds a run already, unless that is to go on.
        """
        if self.checkpoint.exists() and not resume:
            raise InputError('{}: holds a run; go on with it by --resume, or choose another '
                             '--output'.format(self.path))
        self.path.mkdir(parents=True, exist_ok=True)
        with whole_file(self.config) as temporary:
            temporary.write_text(json.dumps(config, indent=2) + '\n')

    def read_config(self):
        """The options of the run in the folder; :class:`InputError` where there is none."""
        try:
            config = json.loads(self.config.read_text())
        except FileNotFoundError:
            raise InputError('{}: holds no run'.format(self.path)) from None
        except ValueError as error:
            raise InputError('{}: is not JSON: {}'.format(self.config, error)) from None
        if not isinstance(config, dict):
            raise InputError('{}: does not hold the options of a run'.format(self.config))
        return config

    def read_log(self):
        """The records of the run's complete epochs, a list of dicts."""
        if not self.log.exists():
            return []
        return [json.loads(line) for line in self.log.read_text().splitlines()]
