"""Tables: things found by name, each imported when it is asked for.

Theano takes seconds to import; a command line that reads names alone does not wait for it.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any


class Table(Mapping):
    """A mapping from names to what stands at their addresses, ``module:attribute``.

    >>> Table(mean='statistics:mean')['mean']([1, 3])
    2
    """

    def __init__(self, **addresses: str):
        self._addresses = addresses

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = self._addresses[name].partition(':')
        return getattr(import_module(module), attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(self._addresses)

    def __len__(self) -> int:
        return len(self._addresses)


def attributes(package: str, table: Table) -> Callable[[str], Any]:
    """A ``__getattr__`` for the ``package`` whose attributes are those of ``table``."""

    def find(name):
        if name in table:
            return table[name]
        raise AttributeError(f'module {package!r} has no attribute {name!r}')

    return find
