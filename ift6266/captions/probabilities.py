"""Probabilities of words: in general English, or by counts in a text file."""

import math

import numpy as np

from ift6266.errors import InputError
from ift6266.files import reading


def english_probabilities(words: list[str]) -> np.ndarray:
    """Probabilities of words in general English, by wordfreq's best list.

    (len(words),) float64 in [0, 1], zero for words that the list does not have.  Raises
    :class:`InputError` where wordfreq is not installed.
    """
    try:
        from wordfreq import word_frequency
    except ImportError:
        raise InputError(
            'probabilities of words come from wordfreq, which is not installed: make captions '
            'installs it; or give counts by --counts FILE'
        ) from None
    return np.array([word_frequency(word, 'en') for word in words], np.float64)


def read_probabilities(path: str, words: list[str]) -> np.ndarray:
    """Probabilities of words by the counts in a text file.

    Parameters
    ----------
    path
        UTF-8 text with a word and its count on each line, such as Arora et al. (ICLR 2017) give
        beside their program.  Words are made lower case, and counts of the same word added.
    words

    Returns
    -------
    probabilities : (len(words),) float64 in [0, 1]
        The words' counts by the sum of all counts; zero for words that the file does not have.

    Raises
    ------
    InputError
        Where it is no such file.
    """
    counts = dict.fromkeys(words, 0.0)
    total = 0.0
    try:
        with reading(path), open(path, encoding='utf-8-sig') as file:
            for number, line in enumerate(file, 1):
                word, count = _parse(line, f'{path}, line {number}')
                total += count
                if word in counts:
                    counts[word] += count
    except UnicodeDecodeError:
        raise InputError(
            f'{path}: not UTF-8 text; give a file with a word and its count on each line'
        ) from None
    if not 0 < total < math.inf:
        raise InputError(f'{path}: its counts add up to {total}; a number above 0 is needed')
    return np.array([counts[word] for word in words], np.float64) / total


def _parse(line, place):
    """Word and count of a line."""
    try:
        word, text = line.split()
        count = float(text)
    except ValueError:
        raise InputError(f'{place}: not a word and its count') from None
    if not 0 <= count < math.inf:
        raise InputError(f'{place}: the count {text} is not a number of 0 or more')
    return word.lower(), count
