"""A caption split into words."""

import re
import unicodedata

# The words' Unicode categories: letters, the marks on them, digits.
_KEPT = ('Lu', 'Ll', 'Lt', 'Lm', 'Lo', 'Mn', 'Mc', 'Nd', 'Nl')

# The limit of Unicode's stream-safe text (UAX 15), which no word in use reaches: normalization
# sorts a run of marks in a time that grows with the square of its length.
_LONG_RUN = re.compile(r"([^\w\s']{30})[^\w\s']+")
_POSSESSIVE = re.compile(r"(?:'s)+(?![^\s'])")
_WORD = re.compile(r"\w[^\s']*(?:'[^\s']+)*")


class _Folding(dict):
    """A table for :meth:`str.translate`, filled as characters come."""

    def __missing__(self, code):
        character = chr(code)
        category = unicodedata.category(character)
        if character in "'`´‘’ʼ′＇":
            self[code] = "'"
        elif category == 'Cf' or '\ufe00' <= character <= '\ufe0f':
            self[code] = ''  # invisible: soft hyphens, joiners, variants of emoji
        else:
            self[code] = character if category in _KEPT else ' '
        return self[code]


_FOLDED = _Folding()


def tokenize(caption: str) -> list[str]:
    """Split a caption into words.

    Words are runs of letters and digits of any script, in lower case and in Unicode's form
    NFKC; everything else separates them, hyphens and underscores too.  Apostrophes, plain or
    typographic, stay inside words; the ending 's is dropped, since COCO's captions have it as
    a possessive.  Takes time in proportion to the caption's length.

    Examples
    --------
    >>> tokenize("2 men don’t see a man's black-and-white dog.")
    ['2', 'men', "don't", 'see', 'a', 'man', 'black', 'and', 'white', 'dog']
    """
    text = caption.translate(_FOLDED)
    if not text.isascii():
        text = unicodedata.normalize('NFKC', _LONG_RUN.sub(r'\1', text))
    return _WORD.findall(_POSSESSIVE.sub('', text.lower()))
