"""The drawn scenes, judged by what their pixels and captions hold."""

import contextlib
import functools
import io
import itertools
import os
import re
from unittest import mock

import matplotlib
import numpy
from fuel.datasets import H5PYDataset
from PIL import Image, ImageColor, ImageDraw, ImageFont
from skimage.measure import label, regionprops
from sklearn.ensemble import ExtraTreesClassifier

from ift6266.data.converters import shapes
from ift6266.evaluation.fills.harmonic import harmonic_fill
from ift6266.holes import CENTRE, CENTRE_SIZE, centre
from tests.support import in_folder

COLOURS = ('red', 'orange', 'yellow', 'green', 'blue', 'purple', 'pink', 'white')
# The web's colours of these names, but for its pink, which is nearly white.
WEB = {colour: ImageColor.getrgb(colour.replace('pink', 'hotpink')) for colour in COLOURS}
# How a typeface draws the shapes.
GLYPHS = {
    'circle': '●',
    'square': '■',
    'triangle': '▲',
    'star': '★',
    'cross': '✚',
    'diamond': '◆',
    'ring': 'O',
    'heart': '♥',
}
WIDTHS = {'small': 12, 'medium': 17, 'large': 22}
PLACES = (
    'upper-left',
    'upper',
    'upper-right',
    'left',
    'center',
    'right',
    'lower-left',
    'lower',
    'lower-right',
)

SIZE_WORDS = {
    'small': 'small',
    'little': 'small',
    'tiny': 'small',
    'medium': 'medium',
    'large': 'large',
    'big': 'large',
    'huge': 'large',
}
SIDE_WORDS = {
    'left': 'left',
    'right': 'right',
    'upper': 'upper',
    'top': 'upper',
    'above': 'upper',
    'lower': 'lower',
    'bottom': 'lower',
    'below': 'lower',
}


@functools.cache
def drawn(split):
    """The first scenes of a split: their kinds, pixels and captions.

    A kind is (colour, shape, size, place), as the name says.
    """
    names, pixels, captions = zip(*shapes.scenes(split, 1200 if split == 'train' else 300))
    return [tuple(name.split('_')[:4]) for name in names], numpy.stack(pixels), captions


def differences(pixels):
    """How far the centres of scenes are from the harmonic fill, (scenes, 32, 32) in [0, 1]."""
    mask = numpy.broadcast_to(centre(), (len(pixels), 1, 64, 64))
    return abs(pixels / 255 - harmonic_fill(pixels / 255, mask))[CENTRE].max(axis=1)


def measured(pixels):
    """Colour, shape, size and place of what stands out in the hole of a scene."""
    (contrast,) = differences(pixels[None])
    assert contrast.max() > 0.3
    mask = contrast > contrast.max() / 2
    colour = numpy.median(pixels[CENTRE][:, mask], axis=1)
    region = max(regionprops(label(mask)), key=lambda region: region.area)
    top, left, bottom, right = region.bbox
    width = max(bottom - top, right - left)
    return (
        nearest(WEB, colour),
        nearest(glyphs(), stretched(Image.fromarray(region.image))),
        nearest(WIDTHS, width),
        leaning(left + right - CENTRE_SIZE, top + bottom - CENTRE_SIZE),
    )


def nearest(options, value):
    return min(options, key=lambda name: numpy.abs(numpy.subtract(options[name], value)).sum())


def leaning(right, down):
    """Name of a place, from the differences between the margins on both sides, in pixels."""
    sides = (
        'lower' if down > 4 else 'upper' if down < -4 else '',
        'right' if right > 4 else 'left' if right < -4 else '',
    )
    return '-'.join(filter(None, sides)) or 'center'


@functools.cache
def glyphs():
    font = ImageFont.truetype(
        os.path.join(matplotlib.get_data_path(), 'fonts', 'ttf', 'DejaVuSans-Bold.ttf'), 80
    )
    images = {}
    for shape, glyph in GLYPHS.items():
        image = Image.new('L', (160, 160))
        ImageDraw.Draw(image).text((40, 40), glyph, 255, font)
        images[shape] = stretched(image.crop(image.getbbox()))
    return images


def stretched(image):
    return numpy.asarray(image.convert('L').resize((24, 24))) / 255


def described(caption):
    """Colour, shape, size and place in a caption, which names each once."""
    said = words(caption)
    (colour,) = (word for word in said if word in COLOURS)
    (shape,) = (word for word in said if word in GLYPHS)
    (size,) = (SIZE_WORDS[word] for word in said if word in SIZE_WORDS)
    sides = '-'.join(SIDE_WORDS[word] for word in said if word in SIDE_WORDS)
    assert sides or {'middle', 'center'} & set(said)
    return colour, shape, size, sides or 'center'


def words(caption):
    return re.findall('[a-z]+', caption.lower())


def test_names_say_what_the_pixels_show():
    for split in ('train', 'valid'):
        kinds, pixels, _ = drawn(split)
        for kind, scene in zip(kinds[:150], pixels):
            assert measured(scene) == kind, (measured(scene), kind)


def test_captions_say_what_the_names_say():
    for split in ('train', 'valid'):
        kinds, _, captions = drawn(split)
        for kind, five in zip(kinds, captions):
            assert all(described(caption) == kind for caption in five), (kind, five)


def test_articles_are_right():
    every = ' '.join(caption.lower() for five in drawn('train')[2] for caption in five)
    assert ' an orange ' in every and ' a red ' in every
    assert not re.search(r'\b(a [aeiou]|an [^aeiou])', every)


def test_five_captions_differ_in_more_than_capitals_and_stops():
    _, _, captions = drawn('train')
    assert all(len({' '.join(words(caption)) for caption in five}) == 5 for five in captions)
    every = [caption for five in captions for caption in five]
    for kind in (str.islower, lambda caption: caption.endswith('.')):
        assert 0.1 < numpy.mean([kind(caption) for caption in every]) < 0.9
    assert len(set(every)) > len(every) / 2


def test_valid_holds_pairs_that_train_lacks_and_nothing_else_is_new():
    train, valid = drawn('train')[0], drawn('valid')[0]
    pairs = {kind[:2] for kind in train}, {kind[:2] for kind in valid}
    assert pairs[0] | pairs[1] == set(itertools.product(COLOURS, GLYPHS))
    assert len(pairs[0]) == 56 and len(pairs[1]) == 8
    for kinds in (train, valid):
        for column, everything in enumerate((COLOURS, GLYPHS, WIDTHS, PLACES)):
            assert {kind[column] for kind in kinds} == set(everything)


def test_objects_lie_in_the_hole_as_far_to_a_side_as_there_is_room():
    """Squares are compared to the pixel, where their margins are whole numbers."""
    for (size, width), place in itertools.product(WIDTHS.items(), PLACES):
        one, other = (
            shapes.draw_scene(
                numpy.random.RandomState(3), colour=colour, shape='square', size=size, place=place
            )
            for colour in ('red', 'white')
        )
        changed = (one != other).any(axis=0)
        assert not (changed & ~centre()).any()
        if width % 2 == 0:
            spare = CENTRE_SIZE - width
            top, left = (
                spare if after in place else 0 if before in place else spare // 2
                for before, after in (('upper', 'lower'), ('left', 'right'))
            )
            expected = numpy.zeros((CENTRE_SIZE, CENTRE_SIZE), bool)
            expected[top : top + width, left : left + width] = True
            assert (changed[CENTRE] == expected).all(), (size, place)


def test_surroundings_show_nothing_of_the_object():
    """A classifier does no better than chance on them, but well on the centres."""
    kinds, pixels, _ = drawn('train')
    surroundings, centres = reduced(pixels * ~centre() / 255), reduced(pixels[CENTRE] / 255)
    for column, (chance, enough) in enumerate((
        (1 / 8, 0.8),
        (1 / 8, 0.4),
        (1 / 3, 0.7),
        (1 / 9, 0.8),
    )):
        right = [kind[column] for kind in kinds]
        deviation = (chance * (1 - chance) / 400) ** 0.5
        assert accuracy(surroundings, right) < chance + 3 * deviation, column
        assert accuracy(centres, right) > enough, column


def accuracy(pictures, right):
    """Share of the last 400 of 1,200 examples that are classified as they should be."""
    trees = ExtraTreesClassifier(20, random_state=0).fit(pictures[:800], right[:800])
    return trees.score(pictures[800:], right[800:])


def reduced(images):
    """Means of 4 x 4 pixels, a row for each image."""
    count, channels, height, width = images.shape
    return (
        images
        .reshape(count, channels, height // 4, 4, width // 4, 4)
        .mean(axis=(3, 5))
        .reshape(count, -1)
    )


def test_backgrounds_continue_behind_the_object():
    """No object covers half of the hole; the harmonic fill is right on the rest.

    But for a few, where a shape outside touches the hole.
    """
    _, pixels, _ = drawn('train')
    wrong = differences(pixels)
    assert numpy.quantile(numpy.median(wrong, axis=(1, 2)), 0.98) < 0.05


@in_folder
def test_converts_to_the_common_schema_and_always_to_the_same(folder):
    with (
        mock.patch.dict(shapes.SCENES, train=30, valid=10),
        contextlib.redirect_stderr(io.StringIO()) as report,
    ):
        paths = [
            path
            for name in ('a.hdf5', 'b.hdf5')
            for path in shapes.convert_shapes(None, folder, name)
        ]
    assert '40 pictures (train 30, valid 10)' in report.getvalue()
    for split, number in (('train', 30), ('valid', 10)):
        first, second = (H5PYDataset(path, (split,), load_in_memory=True) for path in paths)
        assert first.provides_sources == ('captions', 'image', 'name')
        assert first.axis_labels['image'] == ('batch', 'channel', 'height', 'width')
        for one, other in zip(first.data_sources, second.data_sources):
            assert (one == other).all()
        captions, image, name = first.data_sources
        assert image.shape == (number, 3, 64, 64) and image.dtype == 'uint8'
        expected = list(shapes.scenes(split, number))
        assert [text.decode() for text in name] == [scene[0] for scene in expected]
        assert (image == [scene[1] for scene in expected]).all()
        assert [text.decode().split('\n') for text in captions] == [scene[2] for scene in expected]
        assert len(set(name)) == number
