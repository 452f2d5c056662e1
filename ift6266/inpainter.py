"""A trained generator with all that its use takes; it paints arrays and photographs."""

import logging
from functools import cached_property

import numpy as np
from lasagne.layers import get_output

from ift6266 import models
from ift6266.backends import AUTO
from ift6266.captions.storage import read_embedding_of_model
from ift6266.data.hole import SIZE, fill, split, surroundings
from ift6266.data.pictures import whole
from ift6266.data.streams import with_vectors
from ift6266.errors import InputError
from ift6266.networks import input_vars, takes_caption
from ift6266.networks.weights import load_network
from ift6266.photographs import centre_square, hole_box, paste_hole

logger = logging.getLogger(__name__)


def compile_inpaint(generator, backend=AUTO):
    """inputs → painted centres, normalized by the running averages: inference."""
    painted = get_output(generator, deterministic=True)
    return backend.compile(input_vars(generator), painted, 'inpainting')


class Inpainter:
    """A trained generator, and where it takes captions what makes sentence vectors of them.

    >>> painter = Inpainter.load('l2')
    >>> painted = painter.paint(pictures)

    Parameters
    ----------
    generator : Layer
    embedding : :class:`~ift6266.captions.embedding.CaptionEmbedding`, optional
        Of a generator that takes captions.
    backend : :class:`~ift6266.backends.Backend`

    """

    def __init__(self, generator, embedding=None, backend=AUTO):
        self.generator, self.embedding, self.backend = generator, embedding, backend

    @classmethod
    def load(cls, model, backend=AUTO):
        """One that was trained before.

        ``model`` is the name of one in the package, or the generator.npz of a run.  Raises
        :class:`InputError` where there is none, or where it cannot be used.
        """
        path = models.find(model)
        generator = load_network(path)
        embedding = read_embedding_of_model(path) if takes_caption(generator) else None
        return cls(generator, embedding, backend)

    @cached_property
    def inpaint(self):
        """(context,) → centres, or with an embedding (context, caption) → centres.

        Of arrays as the generator takes them; compiled when it is first asked for.
        """
        return compile_inpaint(self.generator, self.backend)

    def paint(self, pictures, holes=None, captions=None):
        """Paint the holes of pictures.

        Parameters
        ----------
        pictures : array, (batch, 3, 64, 64) uint8, or floats in [0, 1]
            What is in the holes does not matter.
        holes : array, (batch, 64, 64) bool, optional
            Where nothing is known; these generators paint the centre 32×32 alone.
        captions : list, optional
            A str for each picture, or a list of str, whose vectors are averaged, for a generator
            that takes captions.  Where there is none the mean of the training captions stands
            for it.

        Returns
        -------
        array of the shape and type of ``pictures``
            The same but in the holes.

        Raises
        ------
        InputError
            Where arrays or captions are not such, or the generator takes none.
        """
        pictures = np.asarray(pictures)
        if pictures.ndim != 4 or pictures.shape[1:] != (3, SIZE, SIZE):
            raise InputError(f'pictures must be (batch, 3, {SIZE}, {SIZE}), not {pictures.shape}')
        if pictures.dtype != np.uint8 and pictures.dtype.kind != 'f':
            raise InputError(f'pictures must be uint8, or floats in [0, 1], not {pictures.dtype}')
        if holes is not None:
            self._check_holes(np.asarray(holes), len(pictures))
        if captions is not None and any(captions) and self.embedding is None:
            raise InputError('this model was trained without captions and takes none')
        if captions is not None and len(captions) != len(pictures):
            raise InputError(f'{len(captions)} captions cannot go with {len(pictures)} pictures')
        context, _ = split(pictures)
        if pictures.dtype != np.uint8:
            return fill(context, self.paint_centres(context.astype(np.float32), captions))
        centres = self.paint_centres(context.astype(np.float32) / 255, captions)
        return fill(context, np.rint(255 * centres))

    def paint_photograph(self, image, hole=None, caption=None):
        """Paint the middle of a photograph at full size.

        Parameters
        ----------
        image : :class:`PIL.Image.Image`
            Of 64x64 pixels or more.
        hole : tuple (left, top, right, bottom), optional
            In pixels; these generators paint the :func:`~ift6266.photographs.hole_box` alone.
        caption : str, optional
            As :meth:`paint` takes it.

        Returns
        -------
        :class:`PIL.Image.Image`
            RGB, upright and of the same size, with other pixels in the hole alone.
        """
        image = whole(image)
        if hole is not None and tuple(hole) != hole_box(image.size):
            raise InputError(
                f'this model paints the middle of a photograph alone, which is '
                f'{hole_box(image.size)} here, not {tuple(hole)}'
            )
        square = centre_square(image)[np.newaxis]
        painted = self.paint(square, captions=None if caption is None else [caption])
        return paste_hole(image, painted[0])

    def paint_centres(self, context, captions=None):
        """Centres, (batch, 3, 32, 32), for contexts of float32, and captions as above."""
        return self.inpaint(context, *self._caption_vectors(captions, len(context)))

    def inputs(self, minibatches, captions):
        """Minibatches (context, target) with the sentence vectors of ``captions`` between them.

        ``captions`` are those of all minibatches, a list of lists of str; without an embedding the
        minibatches stay as they are.
        """
        if self.embedding is None:
            return minibatches
        (vectors,) = self._caption_vectors(captions, len(captions))
        return with_vectors(minibatches, vectors)

    def _caption_vectors(self, captions, number):
        """What the generator takes beside contexts: nothing, or an array (number, 300)."""
        if self.embedding is None:
            return ()
        captions = captions or number * [None]
        silent = sum(not caption for caption in captions)
        if silent:
            logger.warning(
                '%d of %d pictures have no caption: the mean training vector stands for them',
                silent,
                number,
            )
        vectors = self.embedding.average([
            [] if isinstance(caption, str) else caption or [] for caption in captions
        ])
        for row, caption in enumerate(captions):
            if caption and isinstance(caption, str):
                vectors[row] = self.embedding.embed_sentence(caption)
        return (vectors,)

    @staticmethod
    def _check_holes(holes, number):
        centre = ~surroundings()
        if holes.shape != (number, SIZE, SIZE) or holes.dtype != bool:
            raise InputError(
                f'holes must be ({number}, {SIZE}, {SIZE}) bool, not {holes.shape} {holes.dtype}'
            )
        if (holes != centre).any():
            raise InputError('this model paints the centre 32x32 alone; leave holes out')
