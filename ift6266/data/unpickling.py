"""An unpickler that builds nothing but dicts, lists and text."""

import io
import pickle
import pickletools

from ift6266.errors import InputError

_OPERATIONS = (
    'PROTO',
    'FRAME',
    'MARK',
    'STOP',
    'POP',
    'POP_MARK',
    'DUP',
    'PUT',
    'BINPUT',
    'LONG_BINPUT',
    'MEMOIZE',
    'GET',
    'BINGET',
    'LONG_BINGET',
    'EMPTY_DICT',
    'DICT',
    'SETITEM',
    'SETITEMS',
    'EMPTY_LIST',
    'LIST',
    'APPEND',
    'APPENDS',
    'STRING',
    'BINSTRING',
    'SHORT_BINSTRING',
    'UNICODE',
    'BINUNICODE',
    'SHORT_BINUNICODE',
    'BINUNICODE8',
)
_CODES = {getattr(pickle, name)[0] for name in _OPERATIONS}


class _Refusing(dict):
    """Pickle's table from operation codes to methods, with an error for all others."""

    def __missing__(self, code):
        operation = pickletools.code2op.get(chr(code))
        name = operation.name if operation else f'unknown operation {code}'
        raise pickle.UnpicklingError(f'it asks for {name}')


class _TextUnpickler(pickle._Unpickler):
    # The unpickler in Python and not the one in C, because operations can be removed from it and
    # because a false memo index cannot make it fill the memory.
    dispatch = _Refusing(
        (code, method) for code, method in pickle._Unpickler.dispatch.items() if code in _CODES
    )


def load_text(content: bytes, name: str) -> dict | list | str:
    """Unpickle dicts, lists and text.

    Parameters
    ----------
    content
        A pickle of any protocol, by Python 2 or 3.  Byte strings of Python 2 are taken for
        UTF-8, or for Latin-1 where they are not UTF-8.
    name
        Where it comes from, for the error message.

    Raises
    ------
    InputError
        If the pickle holds anything else, or is damaged.
    """
    try:
        try:
            return _TextUnpickler(io.BytesIO(content), encoding='utf-8').load()
        except UnicodeDecodeError:
            return _TextUnpickler(io.BytesIO(content), encoding='latin-1').load()
    except Exception as error:  # a damaged pickle makes the unpickler raise anything at all
        raise InputError(
            f'{name} is not a pickle of dicts, lists and text only: {error or type(error).__name__}'
        ) from None
