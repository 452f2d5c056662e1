"""tools/gpu_check.py, as far as it can be tried without a GPU."""

import json
import os
import sys
from unittest.mock import patch

import numpy as np

from tests.backends.xla.support import require_jax
from tests.support import PROJECT, in_folder

with patch.object(sys, 'path', [str(PROJECT / 'tools'), *sys.path]):
    import gpu_check


def test_a_difference_is_relative_to_the_norm_of_all_arrays():
    theirs = {'step': [np.array([3.0, 0.0]), np.array([[4.0]])]}
    ours = {'step': [np.array([3.0, 0.3]), np.array([[4.4]])]}
    assert np.isclose(gpu_check.compare(ours, theirs)['step'], 0.1)
    assert gpu_check.compare(theirs, theirs) == {'step': 0}


def test_what_differs_is_wrong():
    class Scripted:
        def __init__(self, generator, backend):
            self.error = {'theano': 0, 'xla': error}[backend.name]

        def results(self, seed):
            """In the first draw a rectifier turns."""
            error = max(self.error, 0.1 if seed == 1 and self.error else 0)
            return {'step': [np.ones(9) + error], 'inference': [np.ones(9)]}

    for error in (1e-6, 1e-3, float('nan')):
        with patch.object(gpu_check, 'System', Scripted):
            try:
                found = gpu_check.fidelity(None)
            except AssertionError as wrong:
                assert error != 1e-6 and 'generator: step' in str(wrong)
            else:
                assert error == 1e-6 and np.isclose(found['generator: step'], 1e-6)


@in_folder
def test_parts_that_fail_are_named_and_the_others_done(folder):
    path = os.path.join(folder, 'gpu.json')
    arguments = ['gpu_check.py', '--parts', 'runs', 'fidelity', '--output', path]
    parts = {'fidelity': lambda options: {'step': 1e-7}, 'runs': lambda options: 1 / 0}
    with (
        patch.object(sys, 'argv', arguments),
        patch.object(gpu_check, 'machine', lambda device: {'device': 'a card'}),
        patch.dict(gpu_check.PARTS, parts),
    ):
        assert gpu_check.main() == 1
    with open(path) as file:
        assert json.load(file) == {
            'machine': {'device': 'a card'},
            'runs': {'error': 'division by zero'},
            'fidelity': {'step': 1e-7},
        }


def test_without_a_gpu_it_says_so():
    require_jax()
    import jax

    if jax.default_backend() == 'gpu':
        return
    try:
        gpu_check.machine('gpu')
    except SystemExit as end:
        assert 'JAX sees no gpu here, but cpu' in str(end)
    else:
        raise AssertionError('a processor was taken for a GPU')
