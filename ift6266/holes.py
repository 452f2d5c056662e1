"""Holes: where nothing is known of a picture.

A hole is a (64, 64) bool array that is true where nothing is known.  The report's networks paint
the centre alone, 32×32; everything that is not about the centre takes any hole.
"""

from collections.abc import Callable

import numpy
from PIL import Image, ImageDraw

SIZE = 64  # pixels, the side of the pictures that networks see
CENTRE_SIZE = 32
CENTRE = (Ellipsis,) + 2 * (slice((SIZE - CENTRE_SIZE) // 2, (SIZE + CENTRE_SIZE) // 2),)


def centre(random: numpy.random.RandomState | None = None) -> numpy.ndarray:
    """The report's hole, the same whatever ``random`` is."""
    hole = numpy.zeros((SIZE, SIZE), bool)
    hole[CENTRE] = True
    return hole


def rectangle(random: numpy.random.RandomState) -> numpy.ndarray:
    """A rectangle anywhere, each side from 16 to 40 pixels; on average 19 % of the picture."""
    height, width = random.randint(SIZE // 4, 5 * SIZE // 8 + 1, size=2)
    top, left = random.randint(SIZE - height + 1), random.randint(SIZE - width + 1)
    hole = numpy.zeros((SIZE, SIZE), bool)
    hole[top : top + height, left : left + width] = True
    return hole


def strokes(random: numpy.random.RandomState) -> numpy.ndarray:
    """One to four brush strokes of four to eight segments, 4 to 10 pixels wide.

    As the free-form masks of Yu et al. (2019), *Free-Form Image Inpainting with Gated
    Convolution*, for pictures of 64 pixels.
    """
    image = Image.new('L', (SIZE, SIZE))
    draw = ImageDraw.Draw(image)
    for _ in range(random.randint(1, 5)):
        width, turns = int(random.randint(4, 11)), random.randint(4, 9)
        points = [random.uniform(0, SIZE, 2)]
        direction = random.uniform(0, 2 * numpy.pi)
        for _ in range(turns):
            direction += random.uniform(-numpy.pi / 3, numpy.pi / 3)
            step = random.uniform(4, 12) * numpy.array([numpy.cos(direction), numpy.sin(direction)])
            points.append((points[-1] + step).clip(0, SIZE - 1))
        draw.line([tuple(point) for point in points], fill=1, width=width, joint='curve')
    return numpy.array(image) > 0  # arrays of Pillow's mode 1 are bool with bytes of 255


def anywhere(random: numpy.random.RandomState) -> numpy.ndarray:
    """Half of the time the centre, else a rectangle or strokes."""
    return (centre, centre, rectangle, strokes)[random.randint(4)](random)


# Ways to draw a hole, by the names that options have for them.
HOLES: dict[str, Callable[[numpy.random.RandomState], numpy.ndarray]] = {
    'centre': centre,
    'rectangles': rectangle,
    'strokes': strokes,
    'anywhere': anywhere,
}


def cut(images: numpy.ndarray, holes: numpy.ndarray) -> numpy.ndarray:
    """The images with zeros in their holes, a copy.

    Parameters
    ----------
    images : (batch, channels, 64, 64), any dtype
    holes : (batch, 64, 64) or (64, 64) bool
    """
    return images * ~holes[..., numpy.newaxis, :, :]


def fill(context: numpy.ndarray, centres: numpy.ndarray) -> numpy.ndarray:
    """Put centres, (..., 32, 32), into a copy of ``context``, (..., 64, 64)."""
    pictures = context.copy()
    pictures[CENTRE] = centres
    return pictures
