"""Fuel's table of splits, which has data types as NumPy once spelled them."""

import tempfile
from pathlib import Path

import h5py
from fuel.datasets import H5PYDataset


def test_splits():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'numbers.hdf5')
        with h5py.File(path, 'w') as file:
            file['number'] = range(5)
            file.attrs['split'] = H5PYDataset.create_split_array({
                'train': {'number': (0, 3)},
                'valid': {'number': (3, 5, None, 'two')},
            })
        dataset = H5PYDataset(str(path), which_sets=('valid',), load_in_memory=True)
        assert dataset.data_sources[0].tolist() == [3, 4]
        with h5py.File(path) as file:
            split = file.attrs['split'][1]
        assert (split['split'], split['stop'], split['available'], split['comment']) == (
            b'valid',
            5,
            True,
            b'two',
        )
