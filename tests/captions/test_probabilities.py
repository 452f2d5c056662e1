"""Word probabilities against sums by hand and the properties of general English."""

import os
import sys
from unittest import mock

import numpy

from ift6266.captions.probabilities import english_probabilities, read_probabilities
from tests.support import in_folder, input_error, write


def test_english():
    probabilities = english_probabilities(['the', 'bus', 'zebra', 'qqzzxxyy', "don't", '747'])
    assert probabilities.dtype == 'float64' and probabilities.shape == (6,)
    assert 0.03 < probabilities[0] < 0.08  # "the" is one word in twenty
    assert probabilities[0] > probabilities[1] > probabilities[2] > probabilities[3] == 0
    assert (probabilities[4:] > 0).all()
    assert english_probabilities([]).shape == (0,)


def test_english_takes_words_in_other_scripts():
    probabilities = english_probabilities(['红色的巴士', 'автобус', 'हिन्दी'])
    assert ((0 <= probabilities) & (probabilities < 1e-4)).all()


@in_folder
def test_counts(folder):
    path = write(folder, 'counts.txt', 'a 6\nBus\t1\nété 0.5\nbus  2\nrest 1e1\r\n'.encode())
    found = read_probabilities(path, ['été', 'bus', 'zebra', 'a'])
    assert found.dtype == 'float64'
    numpy.testing.assert_allclose(found, numpy.array([0.5, 3, 0, 6]) / 19.5)
    bom = write(folder, 'bom.txt', b'\xef\xbb\xbfa 1\nb 3')
    numpy.testing.assert_allclose(read_probabilities(bom, ['a']), [0.25])


@in_folder
def test_bad_counts(folder):
    def message(content):
        return input_error(read_probabilities, write(folder, 'x.txt', content), ['a'])

    assert 'no such file' in input_error(read_probabilities, os.path.join(folder, 'no'), ['a'])
    assert 'Is a directory' in input_error(read_probabilities, folder, ['a'])
    assert 'not UTF-8 text' in message(b'a 1\n\xff\xfe 2\n')
    for line in (b'b', b'b c', b'b 1 2', b'', b'\x00'):
        assert 'x.txt, line 2: not a word and its count' in message(b'a 1\n' + line + b'\nc 1\n')
    for count in (b'-1', b'nan', b'inf', b'1e999'):
        text = message(b'a 1\nb ' + count + b'\n')
        assert f'x.txt, line 2: the count {count.decode()}' in text
    for content in (b'', b'a 0\n', b'a 1e308\nb 1e308\n'):
        assert 'its counts add up to' in message(content)


def test_where_wordfreq_is_absent():
    with mock.patch.dict(sys.modules, {'wordfreq': None}):
        assert 'make captions' in input_error(english_probabilities, ['bus'])
