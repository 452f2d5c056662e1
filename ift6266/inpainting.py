"""A trained generator applied to photographs of any size."""
import warnings
from collections import namedtuple

import numpy as np
from lasagne.layers import get_output
from PIL import Image

from ift6266.backends import AUTO
from ift6266.data.hole import HOLE, SIZE, fill, split
from ift6266.data.pictures import MAX_BYTES, Refused, decode, decode_whole
from ift6266.errors import InputError
from ift6266.networks import input_vars

Photograph = namedtuple('Photograph', 'image pixels')
Photograph.__doc__ = """A photograph twice.

``image`` is a :class:`PIL.Image.Image`, RGB, at full size and upright; ``pixels`` is its
centre square as a network sees it, (3, 64, 64) uint8.
"""


def compile_inpaint(generator, backend=AUTO):
    """inputs → painted centres, normalized by the running averages: inference."""
    painted = get_output(generator, deterministic=True)
    return backend.compile(input_vars(generator), painted, 'inpainting')


def hearing(inpaint, vector):
    """context → painted centres, all with the sentence ``vector``, (300,).

    ``inpaint`` is (context, caption) → painted centres: that of a caption generator.
    """
    return lambda context: inpaint(context, np.tile(vector, (len(context), 1)))


def read_photograph(path):
    """Read a :class:`Photograph` by the rules of :func:`ift6266.data.pictures.decode`.

    Raises :class:`InputError`, which names ``path``, where it cannot be used.
    """
    try:
        with open(str(path), 'rb') as file:
            content = file.read(MAX_BYTES + 1)
        with warnings.catch_warnings():
            warnings.filterwarnings('ignore', module='PIL')  # oddities that do not matter here
            pixels = decode(content).pixels
            return Photograph(decode_whole(content), pixels)
    except Refused as reason:
        raise InputError('{}: {}'.format(path, reason)) from None
    except OSError as error:
        raise InputError('{}: {}'.format(path, error.strerror)) from None


def hole_box(size):
    """Where the hole of a photograph of ``size`` (width, height) is.

    It is the middle of the photograph, half as wide and high as its centre square.  Returns
    (left, top, right, bottom) as Pillow has them.
    """
    side = min(size) * HOLE // SIZE
    left, top = ((length - side) // 2 for length in size)
    return left, top, left + side, top + side


def paint_photograph(inpaint, photograph):
    """Paint the hole of a photograph at full size.

    Parameters
    ----------
    inpaint : callable
        From a context, (1, 3, 64, 64) float32 in [0, 1], to its centre, (1, 3, 32, 32): what
        :func:`compile_inpaint` returns, or a fill.
    photograph : :class:`Photograph`

    Returns
    -------
    :class:`PIL.Image.Image`
        The photograph with other pixels in its :func:`hole_box`, and only there.
    """
    context, _ = split(photograph.pixels[np.newaxis])
    centre = inpaint(context.astype(np.float32) / 255)
    small = fill(context, np.rint(255 * centre))[0].transpose(1, 2, 0)
    image = photograph.image.copy()
    box = hole_box(image.size)
    # The same box in the small picture, which lies over the photograph centre on centre.
    # Scaling up reads beyond it: that joins the painted pixels to those around them.
    scale = SIZE / min(image.size)
    small_box = [SIZE / 2 + scale * (edge - length / 2)
                 for edge, length in zip(box, image.size * 2)]
    size = box[2] - box[0], box[3] - box[1]
    image.paste(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC, small_box), box)
    return image


def side_by_side(original, painted, longest_side=1024, gap=8):
    """One image of three: the photograph with its hole, painted, and as it was.

    Larger photographs are scaled down to ``longest_side``; ``gap`` pixels of white lie
    between them.
    """
    original, painted = original.copy(), painted.copy()
    for image in (original, painted):
        image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    blanked = original.copy()
    blanked.paste('black', hole_box(blanked.size))
    width, height = original.size
    row = Image.new('RGB', (3 * width + 2 * gap, height), 'white')
    row.info = original.info
    for position, image in enumerate((blanked, painted, original)):
        row.paste(image, (position * (width + gap), 0))
    return row
