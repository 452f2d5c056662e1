"""Words of captions, by examples, and the time they take."""

import time

from ift6266.captions.tokens import tokenize


def test_lower_case_and_punctuation():
    assert tokenize('A large RED bus, parked.') == ['a', 'large', 'red', 'bus', 'parked']
    assert tokenize('one/two (three)\n[four]\tfive_six!') == [
        'one',
        'two',
        'three',
        'four',
        'five',
        'six',
    ]
    assert tokenize('') == tokenize(' .\n-- ') == []


def test_digits_are_words():
    assert tokenize('2 men by a 747 at 10:30') == ['2', 'men', 'by', 'a', '747', 'at', '10', '30']


def test_hyphens_and_dashes_split():
    words = ['black', 'and', 'white', 'cat']
    for dash in '-\u2010\u2011\u2012\u2013\u2014\u2212':
        assert tokenize(f'black{dash}and{dash}white cat') == words


def test_possessive_is_dropped_and_other_apostrophes_stay():
    for mark in "'\u2019\u2018\u02bc\uff07`\u00b4":
        caption = "The man's dogs' bowls don't move at five o'clock".replace("'", mark)
        assert tokenize(caption) == [
            'the',
            'man',
            'dogs',
            'bowls',
            "don't",
            'move',
            'at',
            'five',
            "o'clock",
        ]
    assert tokenize("a dog 's bowl") == ['a', 'dog', 'bowl']
    assert tokenize("MAN'S, 1950's") == ['man', '1950']
    assert tokenize("it'sy") == ["it'sy"]


def test_quotes_are_no_part_of_words():
    for opening, closing in ("''", '""', '\u2018\u2019', '\u201c\u201d', '\u00ab\u00bb'):
        assert tokenize(f'a {opening}stop{closing} sign') == ['a', 'stop', 'sign']
    assert tokenize("rock 'n' roll") == ['rock', 'n', 'roll']


def test_letters_with_accents():
    assert tokenize('CAF\u00c9') == tokenize('cafe\u0301') == ['caf\u00e9']
    assert tokenize('\uff22\uff35\uff33\uff11 \ufb01re') == ['bus1', 'fire']


def test_other_scripts_and_emoji():
    assert tokenize('Красный автобус, 7') == ['красный', 'автобус', '7']
    assert tokenize('हिन्दी में') == ['हिन्दी', 'में']  # with marks that are no letters
    assert tokenize('红色的巴士') == ['红色的巴士']
    assert tokenize('dog\U0001f600cat \u2615\ufe0f 1\ufe0f\u20e3') == ['dog', 'cat', '1']
    assert tokenize('a\ud800b') == ['a', 'b']  # half a character, as damaged JSON has it


def test_invisible_characters_vanish():
    assert tokenize('black\u00adberry \ufeffpie') == ['blackberry', 'pie']


def test_time_grows_with_the_length_only():
    start = time.process_time()
    assert tokenize('word ' * 10000) == ['word'] * 10000
    for part in ('a', "'", "'s", "a's", "a'", '\u0301\u0316', '\u03a3', '\u1100\u1161', ' ', '-'):
        tokenize(part * (10**6 // len(part)))
        tokenize('a' + part * (10**6 // len(part)) + 'a')
    assert time.process_time() - start < 60  # it takes seconds; with its square, hours
