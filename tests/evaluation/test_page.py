"""The HTML page, read back by Python's own parser."""

import base64
import io
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from ift6266.evaluation.comparison import Comparison, Ratio, Row
from ift6266.evaluation.page import Section, html_page, picture_uri

VOID = {'meta', 'img'}


class Reader(HTMLParser):
    """Texts and picture sources of a page whose elements must all be closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.texts, self.sources, self.tags = [], [], [], set()
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.sources += [value for name, value in attributes if name in ('src', 'href')]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts += [data.strip()] if data.strip() else []


def pixels_of(uri):
    kind, content = uri.split(',')
    assert kind == 'data:image/png;base64'
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def make_section(split):
    random = np.random.RandomState(1)
    rows = [
        Row(
            '<b>fill & co</b>',
            'baseline',
            {'pictures': 2, 'mse': 0.0384, 'mse_interval': [0.03, 0.05]},
        ),
        Row('truth', 'truth', {'pictures': 2, 'border_step': 0.0627}),
    ]
    pictures = {name: random.uniform(size=(2, 3, 64, 64)) for name in ('hole', '<fill>', 'truth')}
    ratios = [Ratio('<b>', '<a>', {'mse': 1.05, 'mse_interval': [1, 1.125]})]
    comparison = Comparison('<noise>', split, rows, ['no "time"'], ratios)
    return Section(comparison, pictures, ['a <cat>', ''])


def test_tables_pictures_and_captions():
    sections = [make_section('valid'), make_section('coco')]
    reader = Reader(html_page('Title & more', sections))
    for text in (
        'Title & more',
        '2 pictures of <noise>, valid',
        '2 pictures of <noise>, coco',
        '<b>fill & co</b>',
        '0.0384',
        '0.0300 to 0.0500',
        '0.0627',
        'MSE',
        'step',
        "Multiples of <a>'s, of the same pictures",
        '<b>',
        '1.050 (1.000 to 1.125)',
        'Left out: no "time"',
        'hole',
        '<fill>',
        'truth',
        'a <cat>',
    ):
        assert text in reader.texts, text
    assert 'SSIM' not in reader.texts and 'script' not in reader.tags and 'link' not in reader.tags
    assert len(reader.sources) == 2 * 2 * 3
    # A row is one picture by all: hole, fill, truth.
    expected = [
        pictures[number]
        for section in sections
        for number in (0, 1)
        for pictures in section.pictures.values()
    ]
    for uri, picture in zip(reader.sources, expected):
        np.testing.assert_array_equal(pixels_of(uri), np.rint(255 * picture).transpose(1, 2, 0))


def test_values_out_of_range_are_cut_off():
    picture = np.zeros((3, 64, 64))
    picture[0], picture[1] = -0.1, 1.1
    np.testing.assert_array_equal(pixels_of(picture_uri(picture))[0, 0], [0, 255, 0])
