"""The linker: shared variables on the device, updates in place, what it says of trouble."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import theano
import theano.tensor as T
from nose.tools import assert_in, assert_raises, assert_raises_regex

from ift6266.backends import Backend
from ift6266.backends.xla.mode import xla_mode
from ift6266.backends.xla.registry import Untranslated
from tests.backends.xla.support import require_jax as setup_module  # noqa: F401
from tests.support import PROJECT

IN_PYTHON = theano.Mode('py', None)


def counter(value=0.0, name='count'):
    return theano.shared(np.full(3, value, 'f4'), name)


def compiled(inputs=(), outputs=None, **kwargs):
    return theano.function(list(inputs), outputs, mode=xla_mode(), **kwargs)


def test_updates_stay_on_the_device():
    import jax

    count = counter()
    function = compiled(outputs=2 * count, updates=[(count, count + 1)])
    for number in range(3):
        result = function()
        assert type(result) is np.ndarray and result.flags.writeable
        np.testing.assert_array_equal(result, [2 * number] * 3)
        assert isinstance(count.container.storage[0], jax.Array)
        np.testing.assert_array_equal(count.get_value(), [number + 1] * 3)


def test_borrowed_results_stay_on_the_device():
    import jax

    x, count = T.fmatrix(), counter()
    double = compiled([x], [theano.Out(2 * x, borrow=True), x.sum()])
    add = compiled([x], 3 * x, updates=[(count, count + x[0])])
    result, total = double(np.ones((2, 3), 'f4'))
    assert isinstance(result, jax.Array) and type(total) is np.ndarray
    np.testing.assert_array_equal(result, np.full((2, 3), 2))
    for _ in range(2):
        np.testing.assert_array_equal(add(result), np.full((2, 3), 6))
    np.testing.assert_array_equal(count.get_value(), [4] * 3)
    assert_raises(TypeError, add, result[0])
    assert_raises(TypeError, add, result.astype('int32').sum(0))


def test_values_are_numpys():
    count = counter()
    add = compiled(updates=[(count, count + 1)])
    add()
    for borrow in (False, True):
        value = count.get_value(borrow=borrow)
        assert type(value) is np.ndarray and value.dtype == 'float32'
        value += 5  # is nobody else's
        np.testing.assert_array_equal(count.get_value(), [1] * 3)
    held = count.get_value(borrow=True)
    add()
    np.testing.assert_array_equal(held, [1] * 3)


def test_set_values_are_seen_and_not_overwritten():
    count = counter()
    add = compiled(updates=[(count, count + 1)])
    for borrow in (False, True):
        value = np.full(3, 10, 'f4')
        count.set_value(value, borrow=borrow)
        add()
        np.testing.assert_array_equal(count.get_value(), [11] * 3)
        np.testing.assert_array_equal(value, [10] * 3)
    count.set_value(np.zeros(5, 'f4'))  # another shape
    add()
    np.testing.assert_array_equal(count.get_value(), [1] * 5)


def test_two_variables_of_one_array():
    value = np.zeros(3, 'f4')
    one, other = [theano.shared(value, borrow=True) for _ in range(2)]
    function = compiled(updates=[(one, one + 1), (other, other + 2)])
    function()
    function()
    for variable, number in ((one, 2), (other, 4)):
        np.testing.assert_array_equal(variable.get_value(), [number] * 3)
    np.testing.assert_array_equal(value, [0] * 3)


def test_updates_that_exchange_copy_and_keep():
    one, other, third, fourth = [counter(number) for number in range(4)]
    function = compiled(
        outputs=[one, other + third],
        updates=[(one, other), (other, one), (third, fourth), (fourth, fourth)],
    )
    for _ in range(2):
        function()
    for variable, number in ((one, 0), (other, 1), (third, 3), (fourth, 3)):
        np.testing.assert_array_equal(variable.get_value(), [number] * 3)
    compiled(updates=[(third, third + 1)])()
    np.testing.assert_array_equal(fourth.get_value(), [3] * 3)


def test_two_updates_of_one_expression():
    one, other = counter(), counter()
    new = one + 1
    function = compiled(outputs=new, updates=[(one, new), (other, new)])
    function()
    function()
    for variable in (one, other):
        np.testing.assert_array_equal(variable.get_value(), [2] * 3)


def test_several_functions_share_a_state():
    count = counter()
    functions = [compiled(updates=[(count, count + step)]) for step in (1, 10)]
    read = compiled(outputs=count.sum())
    for function in functions * 2:
        function()
    assert read() == 66


def test_theanos_functions_cannot_read_it():
    """Those that are compiled later say so at once; others, when they are called."""
    count = counter()
    before = theano.function([], count * 2, mode=IN_PYTHON)
    add = compiled(updates=[(count, count + 1)])
    np.testing.assert_array_equal(before(), [0] * 3)
    with assert_raises_regex(ValueError, 'count.*backend xla'):
        Backend('theano').compile([], count * 2, mode=IN_PYTHON)
    add()
    count.set_value(count.get_value())
    np.testing.assert_array_equal(before(), [2] * 3)


def test_arguments_are_not_kept():
    x, total = T.fvector(), counter()
    add = compiled([x], updates=[(total, total + x)])
    argument = np.ones(3, 'f4')
    add(argument)
    argument[:] = 7
    np.testing.assert_array_equal(total.get_value(), [1] * 3)
    add(np.ones(3, 'f4'))
    np.testing.assert_array_equal(total.get_value(), [2] * 3)


def test_other_shapes():
    x = T.fmatrix()
    function = compiled([x], [x.sum(), x.shape[0] * 2])
    for rows in (2, 5, 2):
        total, twice = function(np.ones((rows, 3), 'f4'))
        assert (total, twice) == (3 * rows, 2 * rows) and twice.dtype == 'int64'


def test_results_by_name_defaults_and_constants():
    x = T.fscalar('x')
    function = compiled([theano.In(x, value=np.float32(2))], {'double': 2 * x, 'same': x})
    assert function() == {'double': 4, 'same': 2} and function(x=3)['same'] == 3
    assert compiled([], T.constant(5))() == 5
    assert compiled()() == []


def test_inputs_with_a_state_of_their_own():
    x = T.fscalar('x')
    function = compiled([theano.In(x, value=np.float32(1), update=2 * x)], x)
    assert [float(function()) for _ in range(3)] == [1, 2, 4] and function[x] == 8


def test_copies_and_pickles():
    count = counter()
    add = compiled(updates=[(count, count + 1)])
    add()
    for twin in (copy.deepcopy(count), pickle.loads(pickle.dumps(count))):
        np.testing.assert_array_equal(twin.get_value(), [1] * 3)
    other = counter(5)
    add.copy(swap={count: other})()
    np.testing.assert_array_equal(other.get_value(), [6] * 3)


def test_an_operation_without_translation_is_named():
    x = T.dmatrix('x')
    values, _ = T.nlinalg.eigh(T.dot(x, x.T))
    values.name = 'spectrum'
    with assert_raises(Untranslated) as raised:
        compiled([x], values.sum())
    for text in ('Eigh', 'spectrum', 'float64', 'test_linker.py'):
        assert_in(text, str(raised.exception))


def test_data_types():
    x = T.dvector()
    assert compiled([x], x * 2)(np.ones(2)).dtype == 'float64'


def test_no_compiler_is_needed():
    """And what is not for XLA is not compiled: constants, say."""
    program = """
from ift6266.backends import Backend
import numpy as np, theano, theano.tensor as T
assert not theano.config.cxx
x, w = T.fmatrix(), theano.shared(np.ones((3, 2), 'f4'))
loss = T.nnet.softmax(T.dot(x, w)).mean() + (T.constant(np.ones((2, 2))) + 1).sum()
step = Backend('xla').compile([x], loss, updates=[(w, w - theano.grad(loss, w))])
assert step(np.ones((4, 3), 'f4')) == 8.5
"""
    environment = {'THEANO_FLAGS': 'cxx=', 'HOME': '/tmp', 'PATH': ''}
    subprocess.run(
        [sys.executable, '-c', program],
        check=True,
        cwd=str(PROJECT),
        env=environment,
        stderr=subprocess.DEVNULL,
    )
