"""Which generator a network is: its name in the table, and its parameters."""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ift6266.errors import InputError
from ift6266.networks import GENERATORS, build

LARGEST = 1024  # of a number in a file: such layers still fit in memory


@dataclass(frozen=True)
class Architecture:
    """A generator of :data:`ift6266.networks.GENERATORS`; None leaves a parameter to it."""

    kind: str
    parameters: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        given = {name: value for name, value in self.parameters.items() if value is not None}
        object.__setattr__(self, 'parameters', json.loads(json.dumps(given)))

    def build(self):
        """A network of this kind, its weights drawn by Lasagne's random numbers.

        Raises :class:`InputError` as :func:`ift6266.networks.build` does.
        """
        return build(GENERATORS, self.kind, **self.parameters)

    def arrays(self) -> dict[str, np.ndarray]:
        """What a file of such a network holds to describe it."""
        described = {'kind': np.array(self.kind)}
        if self.parameters:
            described['parameters'] = np.array(json.dumps(self.parameters))
        return described

    @classmethod
    def of_arrays(cls, arrays: dict[str, np.ndarray]) -> 'Architecture':
        """What :meth:`arrays` described; :class:`InputError` where that is nothing known here."""
        if 'kind' not in arrays:
            raise InputError('holds no network, not a trained generator')
        kind = str(arrays['kind'])
        if kind not in GENERATORS:
            raise InputError(f'of another version, whose network {kind!r} is unknown here')
        try:
            parameters = json.loads(str(arrays.get('parameters', '{}')))
            numbers = [value for value in parameters.values() if not isinstance(value, str)]
            plausible = all(np.all((0 < np.array(n)) & (np.array(n) <= LARGEST)) for n in numbers)
        except (AttributeError, RecursionError, TypeError, ValueError):
            plausible = False
        if not plausible:
            raise InputError(f'holds no parameters of a {kind}')
        return cls(kind, parameters)

    def __str__(self):
        described = ', '.join(f'{name} {value}' for name, value in self.parameters.items())
        return f'{self.kind} ({described})' if described else self.kind
