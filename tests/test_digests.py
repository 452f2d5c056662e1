"""Digests against hashlib's of the joined bytes."""

import hashlib

import numpy as np

from ift6266.digests import digest


def test_arrays_and_bytes_are_joined():
    array = np.arange(6, dtype='int16').reshape(2, 3)
    expected = hashlib.blake2b(b'text' + array.T.copy().tobytes(), digest_size=8).hexdigest()
    assert digest([b'te', b'xt', array.T]) == expected != digest([b'text', array])
