"""The unpickler, against pickles of the real unpickler's making and against evil ones."""

import os
import pickle

from ift6266.data.unpickling import load_text
from tests.support import input_error


class Evil:
    def __reduce__(self):
        return os.mkdir, ('/tmp/ift6266-evil',)


def test_text_of_every_protocol():
    table = {'a': ['one', 'été'], 'b': [], 'c': {'d': ['x' * 300, '\U0001f600']}}
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert load_text(pickle.dumps(table, protocol), 'x') == table


def test_byte_strings_of_python_2():
    text = b"(dp0\nS'a'\np1\n(lp2\nS'caf\\xc3\\xa9'\np3\nas."
    assert load_text(text, 'x') == {'a': ['café']}
    assert load_text(b'\x80\x02]q\x00U\x04caf\xe9q\x01a.', 'x') == ['café']  # Latin-1


def test_anything_else_is_refused_by_name():
    for value, operation in (
        (1, 'INT'),
        (1.5, 'FLOAT'),
        (None, 'NONE'),
        (True, 'TRUE'),
        (('a',), 'TUPLE'),
        ({'a'}, 'SET'),
        (b'a', 'BYTES'),
        (len, 'GLOBAL'),
        (Evil(), 'GLOBAL'),
    ):
        for protocol in (2, 4):
            content = pickle.dumps({'a': [value]}, protocol)
            message = input_error(load_text, content, 'x.pkl')
            assert message.startswith('x.pkl is not a pickle of dicts, lists and text only')
            if not (protocol == 2 and value in (b'a', {'a'})):  # written as calls of functions
                assert operation in message, (value, message)
    assert not os.path.exists('/tmp/ift6266-evil')


def test_damaged_pickles():
    whole = pickle.dumps({'a': ['one', 'two']}, 2)
    for length in range(len(whole)):
        input_error(load_text, whole[:length], 'x')
    input_error(load_text, b'', 'x')
    input_error(load_text, b'\x80\x02r\xff\xff\xff\xff.', 'x')  # asks C's unpickler for 64 GB
    input_error(load_text, b'\x80\x02}](a.', 'x')
