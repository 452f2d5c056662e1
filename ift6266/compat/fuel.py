"""What Fuel 0.2 needs: data types as NumPy spells them today, and PyTables only if it is used."""

from types import ModuleType

from ift6266.compat.importing import Deferred, View


def deferred_tables() -> ModuleType:
    """PyTables, for files of a kind that nothing here reads; fuel/datasets/hdf5.py:8."""
    return Deferred('tables')


def spell_data_types(hdf5: ModuleType) -> None:
    """Splits write bytes as 'a' and scalars as ``(type, 1)``; fuel/datasets/hdf5.py:262."""
    numpy = hdf5.numpy

    def dtype(fields):
        return numpy.dtype([
            (name, 'S', *length) if kind == 'a' else (name, kind) for name, kind, *length in fields
        ])

    hdf5.numpy = View(numpy, dtype=dtype)


STAND_INS = {'tables': deferred_tables}
CHANGES = {'fuel.datasets.hdf5': [spell_data_types]}
