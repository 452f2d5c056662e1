"""Tables of names: what each finds, and what finding costs."""

import subprocess
import sys

from nose.tools import assert_equal, assert_raises

from ift6266 import tables, training
from ift6266.networks import CRITICS, GENERATORS
from ift6266.objectives import ADVERSARIAL_LOSSES, CONSTRAINTS, RECONSTRUCTIONS
from ift6266.tables import Table

NUMBERS = Table(mean='statistics:mean', pi='math:pi')


def test_a_table_is_a_mapping():
    assert_equal((list(NUMBERS), len(NUMBERS)), (['mean', 'pi'], 2))
    assert_equal(NUMBERS['mean']([1, 3]), 2)
    assert 'pi' in NUMBERS and 'e' not in NUMBERS and NUMBERS.get('e') is None
    with assert_raises(KeyError):
        NUMBERS['e']


def test_attributes():
    find = tables.attributes('numbers', NUMBERS)
    assert_equal(find('pi'), NUMBERS['pi'])
    with assert_raises(AttributeError) as caught:
        find('e')
    assert_equal(str(caught.exception), "module 'numbers' has no attribute 'e'")
    assert training.Adam is training.optimizers.Adam


def test_all_that_is_in_the_tables_is_there():
    for table in (GENERATORS, CRITICS, RECONSTRUCTIONS, CONSTRAINTS):
        for name, found in table.items():
            assert callable(found), name
    for name, loss in ADVERSARIAL_LOSSES.items():
        assert callable(loss.critic) and callable(loss.generator), name
    for name in ('Adam', 'RMSProp', 'Reconstruction', 'Adversarial', 'WarmUp'):
        assert_equal(getattr(training, name).__name__, name)


def test_names_are_read_without_theano():
    """It takes seconds to import: a wrong option is reported at once."""
    program = (
        'import sys; from ift6266 import networks, objectives, training; '
        'tables = (networks.GENERATORS, networks.CRITICS, objectives.RECONSTRUCTIONS); '
        'assert all(list(table) for table in tables); '
        'print(*({"theano", "lasagne"} & set(sys.modules)))'
    )
    found = subprocess.run(
        [sys.executable, '-c', program], check=True, text=True, stdout=subprocess.PIPE
    )
    assert_equal(found.stdout, '\n')
