"""A program of its own, since JAX counts its devices once: trains on one, two and four of them.

It prints the greatest difference of any array from that of one device, relative to the array's
greatest number, after ten WGAN iterations in float64.
"""
from unittest.mock import patch

import numpy as np

from ift6266.backends import use_devices
from tests.backends.xla import test_training


def trained(number):
    use_devices(number)
    with patch.object(test_training, 'BATCH', 4):
        _, values, _ = test_training.train('xla', 'float64')
    return values


def main():
    one = trained(1)
    for number in (2, 4):
        many = trained(number)
        print(max(np.abs(many[name] - value).max() / np.abs(value).max()
                  for name, value in one.items()))


if __name__ == '__main__':
    main()
