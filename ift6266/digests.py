"""Digests: short texts that differ where contents do."""

import hashlib
from collections.abc import Iterable

import numpy as np


def digest(contents: Iterable[np.ndarray | bytes]) -> str:
    """The BLAKE2b digest, 8 bytes in hexadecimal, of all contents one after the other."""
    hashed = hashlib.blake2b(digest_size=8)
    for content in contents:
        hashed.update(np.ascontiguousarray(content) if isinstance(content, np.ndarray) else content)
    return hashed.hexdigest()
