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
    for _ in range(random.randint(1, 5)):
        draw_stroke(image, random)
    return numpy.array(image) > 0  # arrays of Pillow's mode 1 are bool with bytes of 255


def draw_stroke(image: Image.Image, random: numpy.random.RandomState) -> None:
    """Draw such a stroke into an image of mode L and any size, with a brush to its scale."""
    scale = min(image.size) / SIZE
    width, turns = round(scale * random.randint(4, 11)), random.randint(4, 9)
    points = [random.uniform(0, image.size)]
    direction = random.uniform(0, 2 * numpy.pi)
    for _ in range(turns):
        direction += random.uniform(-numpy.pi / 3, numpy.pi / 3)
        step = random.uniform(4, 12) * numpy.array([numpy.cos(direction), numpy.sin(direction)])
        points.append((points[-1] + scale * step).clip(0, numpy.array(image.size) - 1))
    ImageDraw.Draw(image).line(
        [tuple(point) for point in points], fill=1, width=width, joint='curve'
    )


def rectangle_of_share(
    shape: tuple[int, int], share: float, random: numpy.random.RandomState
) -> numpy.ndarray:
    """A rectangle anywhere in a photograph, at most twice as wide as high, or as high as wide.

    It covers a ``share`` of the photograph of this ``shape``, (height, width), as near as pixels
    allow.
    """
    area, aspect = share * shape[0] * shape[1], 2 ** random.uniform(-1, 1)
    height = min(round((area / aspect) ** 0.5), shape[0])
    height = max(height, round(area / shape[1]))
    width = min(round(area / height), shape[1])
    top, left = random.randint(shape[0] - height + 1), random.randint(shape[1] - width + 1)
    hole = numpy.zeros(shape, bool)
    hole[top : top + height, left : left + width] = True
    return hole


def strokes_of_share(
    shape: tuple[int, int], share: float, random: numpy.random.RandomState
) -> numpy.ndarray:
    """Brush strokes, until they cover a ``share`` of a photograph of this ``shape`` or more."""
    image = Image.new('L', shape[::-1])
    while numpy.mean(image) < share:
        draw_stroke(image, random)
    return numpy.array(image) > 0


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


def bounding_box(hole: numpy.ndarray) -> tuple[int, int, int, int]:
    """The (left, top, right, bottom) of a hole, (height, width) bool, that is not empty."""
    rows, columns = (numpy.flatnonzero(hole.any(axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


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
