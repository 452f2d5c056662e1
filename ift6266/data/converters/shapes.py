"""Draws scenes in which captions alone, and no pixels around the hole, say what is in it."""

import re
from argparse import ArgumentParser
from collections.abc import Callable, Iterator

import numpy
from PIL import Image, ImageDraw

from ift6266.data.converters.base import add_output_filename, save_pictures
from ift6266.data.pictures import Picture
from ift6266.holes import CENTRE_SIZE, SIZE

SCENES = {'train': 6000, 'valid': 1000}
CAPTIONS = 5  # of each scene, as in MSCOCO
SEED = 1

BACKGROUND = 60, 150  # greys of the corners, 0 to 255; no object is as dull
TINT = 20  # how far the channels of a corner lie from its grey
DISTRACTORS = 3, 6  # how many there are,
DISTRACTOR_WIDTHS = 6, 11  # and how wide, in pixels: the object is the largest shape
FINE = 4  # scenes are drawn so many times as large and then reduced, so that edges are smooth

COLOURS = {
    'red': '#e01818',
    'orange': '#ff8c00',
    'yellow': '#ffe600',
    'green': '#08b020',
    'blue': '#1040f8',
    'purple': '#9a10c0',
    'pink': '#ff80c0',
    'white': '#ffffff',
}

# Outlines within [-1, 1], x to the right and y downwards.
_TURN = numpy.linspace(0, 2 * numpy.pi, 81)
_CIRCLE = numpy.stack([numpy.sin(_TURN), -numpy.cos(_TURN)], axis=1)
SHAPES = {
    'circle': _CIRCLE,
    'square': numpy.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]),
    'triangle': numpy.array([(0, -1), (1, 1), (-1, 1)]),
    'star': (_CIRCLE[:-1:8] * numpy.tile([1, 0.4], 5)[:, None] + [0, 0.095]) / 0.951,
    'cross': numpy.array([
        (-1, -3),
        (1, -3),
        (1, -1),
        (3, -1),
        (3, 1),
        (1, 1),
        (1, 3),
        (-1, 3),
        (-1, 1),
        (-3, 1),
        (-3, -1),
        (-1, -1),
    ])
    / 3,
    'diamond': numpy.array([(0, -1), (0.8, 0), (0, 1), (-0.8, 0)]),
    'ring': numpy.concatenate([_CIRCLE, _CIRCLE / 2]),
    'heart': numpy.stack(
        [
            numpy.sin(_TURN) ** 3,
            -0.16
            - (
                13 * numpy.cos(_TURN)
                - 5 * numpy.cos(2 * _TURN)
                - 2 * numpy.cos(3 * _TURN)
                - numpy.cos(4 * _TURN)
            )
            / 16,
        ],
        axis=1,
    ),
}

# The pairs of `valid`, none of which is in `train`: each colour once, and each shape.
HELD_OUT = tuple(zip(COLOURS, SHAPES))

# How many pixels an object is wide, and how captions say so.
SIZES = {
    'small': (12, ('small', 'little', 'tiny')),
    'medium': (17, ('medium', 'medium-sized', 'medium sized')),
    'large': (22, ('large', 'big', 'huge')),
}

# To which sides of the hole an object leans (right, down), and how captions say so.
PLACES = {
    'upper-left': (
        (-1, -1),
        ('at the upper left', 'toward the top left', 'above and to the left of the middle'),
    ),
    'upper': ((0, -1), ('above the middle', 'toward the top', 'a bit above the center')),
    'upper-right': (
        (1, -1),
        ('at the upper right', 'toward the top right', 'above and to the right of the middle'),
    ),
    'left': ((-1, 0), ('left of the middle', 'toward the left', 'a bit left of the center')),
    'center': ((0, 0), ('in the middle', 'in the center', 'exactly in the middle')),
    'right': ((1, 0), ('right of the middle', 'toward the right', 'a bit right of the center')),
    'lower-left': (
        (-1, 1),
        ('at the lower left', 'toward the bottom left', 'below and to the left of the middle'),
    ),
    'lower': ((0, 1), ('below the middle', 'toward the bottom', 'a bit below the center')),
    'lower-right': (
        (1, 1),
        ('at the lower right', 'toward the bottom right', 'below and to the right of the middle'),
    ),
}

TEMPLATES = (
    'a {size} {colour} {shape} {place}',
    'there is a {size} {colour} {shape} {place}',
    '{place} there is a {size} {colour} {shape}',
    'a {colour} {shape}, {size}, {place}',
    'a {size} {shape} in {colour} {place}',
    'a picture of a {size} {colour} {shape} {place}',
    'a {colour} {shape} that is {size} lies {place}',
    'the {size} {shape} {place} is {colour}',
    'we see a {size} {shape} {place} and it is {colour}',
    'an image with a {size}, {colour} {shape} {place}',
)


def fill_subparser(subparser: ArgumentParser) -> Callable:
    """Sets up a subparser to draw the scenes."""
    add_output_filename(subparser, 'shapes.hdf5')
    return convert_shapes


def convert_shapes(
    directory: str | None, output_directory: str, output_filename: str = 'shapes.hdf5'
) -> tuple[str]:
    """Draws 64x64 scenes with a shape in the hole, and five captions for each.

    The captions name the shape, its colour, its size and its place, which nothing else shows:
    background and shapes around the hole are drawn without regard to it.  The pairs of colour and
    shape in ``valid`` never occur in ``train``.  The scenes are the same each time.

    Parameters
    ----------
    directory
        Not used: there is nothing to read.
    output_directory, output_filename

    Returns
    -------
    output_paths
        The path of the converted data set, alone.
    """
    captions = {}

    def pictures():
        for split, number in SCENES.items():
            for name, pixels, lines in scenes(split, number):
                path = f'{split}/{name}'
                captions[path] = lines
                yield path, Picture(pixels)

    return save_pictures(pictures(), output_directory, output_filename, captions=captions.get)


def scenes(split: str, number: int) -> Iterator[tuple[str, numpy.ndarray, list[str]]]:
    """The first ``number`` scenes of a split, ``'train'`` or ``'valid'``.

    Each is a name, such as ``red_star_large_upper-left_00012``; pixels, uint8 (3, 64, 64); and
    five captions, no two of them alike.  Each split has two streams of random numbers, one for
    objects and captions and one for the surroundings.
    """
    pairs = [
        (colour, shape)
        for colour in COLOURS
        for shape in SHAPES
        if ((colour, shape) in HELD_OUT) == (split == 'valid')
    ]
    seed = [SEED, list(SCENES).index(split)]
    rng = numpy.random.RandomState(seed)
    independent_rng = numpy.random.RandomState(seed + [1])
    for scene in range(number):
        colour, shape = _one(rng, pairs)
        size, place = _one(rng, list(SIZES)), _one(rng, list(PLACES))
        kind = {'colour': colour, 'shape': shape, 'size': size, 'place': place}
        name = f'{colour}_{shape}_{size}_{place}_{scene:05}'
        yield name, draw_scene(independent_rng, **kind), _captions(rng, **kind)


def draw_scene(
    rng: numpy.random.RandomState, *, colour: str, shape: str, size: str, place: str
) -> numpy.ndarray:
    """Draw an object wholly within the hole, and the rest from random numbers.

    Parameters
    ----------
    rng
        For the surroundings, which depend on nothing else.
    colour, shape, size, place
        Keys of ``COLOURS``, ``SHAPES``, ``SIZES`` and ``PLACES``.

    Returns
    -------
    pixels
        (3, 64, 64) uint8
    """
    canvas = _surroundings(rng)
    width, _ = SIZES[size]
    lean, _ = PLACES[place]
    centre = SIZE / 2 + numpy.array(lean) * (CENTRE_SIZE - width) / 2
    _draw_shape(canvas, colour, shape, centre=centre, width=width)
    return numpy.ascontiguousarray(numpy.asarray(canvas.reduce(FINE)).transpose(2, 0, 1))


def _surroundings(rng):
    """A background that shades smoothly from corner to corner, with shapes around the hole."""
    corners = rng.uniform(*BACKGROUND, (2, 2, 1)) + rng.uniform(-TINT, TINT, (2, 2, 3))
    canvas = Image.fromarray(corners.astype('uint8')).resize(
        (FINE * SIZE, FINE * SIZE), Image.Resampling.BILINEAR, (0.5, 0.5, 1.5, 1.5)
    )
    for _ in range(rng.randint(DISTRACTORS[0], DISTRACTORS[1] + 1)):
        width = rng.randint(DISTRACTOR_WIDTHS[0], DISTRACTOR_WIDTHS[1] + 1)
        centre = numpy.full(2, SIZE / 2)
        while abs(centre - SIZE / 2).max() < (CENTRE_SIZE + width) / 2:  # it would enter the hole
            centre = rng.uniform(0, SIZE, 2)
        colour, shape = _one(rng, list(COLOURS)), _one(rng, list(SHAPES))
        _draw_shape(canvas, colour, shape, centre=centre, width=width)
    return canvas


def _draw_shape(canvas, colour, shape, *, centre, width):
    """Draw a shape; ``centre`` (x, y) and ``width`` are in pixels of the scene."""
    # Pillow counts from the middle of the first pixel, and a polygon covers its outline.
    outline = FINE * centre - 0.5 + (FINE * width - 1) / 2 * SHAPES[shape]
    ImageDraw.Draw(canvas).polygon(outline.ravel().tolist(), COLOURS[colour])


def _captions(rng, *, colour, shape, size, place):
    """Different captions, in some of which capital and full stop are missing."""
    captions = []
    for template in rng.choice(TEMPLATES, CAPTIONS, replace=False):
        caption = template.format(
            size=_one(rng, SIZES[size][1]),
            colour=colour,
            shape=shape,
            place=_one(rng, PLACES[place][1]),
        )
        caption = re.sub(r'\ba (?=[aeiou])', 'an ', caption)
        if rng.uniform() < 0.8:
            caption = caption[0].upper() + caption[1:]
        captions.append(caption + ('.' if rng.uniform() < 0.7 else ''))
    return captions


def _one(rng, options):
    return options[rng.randint(len(options))]
