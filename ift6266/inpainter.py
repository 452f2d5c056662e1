"""A trained generator with all that its use takes; it paints arrays and photographs."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from lasagne.layers import get_output
from PIL import Image

from ift6266 import models
from ift6266.backends import AUTO, Backend
from ift6266.captions.embedding import CaptionEmbedding
from ift6266.captions.storage import read_embedding_of_model
from ift6266.data.pictures import whole
from ift6266.data.streams import with_captions
from ift6266.errors import DivergenceError, InputError
from ift6266.holes import SIZE, centre, fill
from ift6266.neighbourhoods import fill_holes, paint_neighbourhood
from ift6266.networks.sources import input_vars, target_source
from ift6266.networks.weights import load_network
from ift6266.photographs import box_hole, hole_box

logger = logging.getLogger(__name__)

Minibatch = dict[str, np.ndarray]
# Pictures that :meth:`Inpainter.paint` paints at a time, since each takes memory for its maps.
AT_A_TIME = 64
# What fills holes of photographs: patches of their surroundings, or what was painted, enlarged.
DETAILS = ('exemplars', 'none')


def compile_output(generator, backend: Backend = AUTO):
    """The generator's inputs → what it paints, normalized by the running averages: inference."""
    painted = get_output(generator, deterministic=True)
    return backend.compile(list(input_vars(generator).values()), painted, 'inpainting')


def compile_fill(generator, backend: Backend = AUTO) -> Callable[[Minibatch], np.ndarray]:
    """A function minibatch → pictures, (batch, 3, 64, 64) in [0, 1], with their holes painted.

    It raises :class:`InputError` where the generator paints the centre and a hole is another.
    """
    output, sources = compile_output(generator, backend), list(input_vars(generator))
    target = target_source(generator)

    def fill_holes(minibatch):
        painted = output(*(minibatch[source] for source in sources))
        if target == 'picture':
            return np.where(minibatch['mask'] > 0, painted, minibatch['context'])
        if (minibatch['mask'] != centre()).any():
            raise InputError('this model paints the centre 32x32 alone, not other holes')
        return fill(minibatch['context'], painted)

    return fill_holes


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

    def __init__(
        self, generator, embedding: CaptionEmbedding | None = None, backend: Backend = AUTO
    ):
        self.generator, self.embedding, self.backend = generator, embedding, backend

    @classmethod
    def load(cls, model: str | Path, backend: Backend = AUTO) -> 'Inpainter':
        """One that was trained before.

        ``model`` is the name of one in the package, a run directory, or its generator.npz.  Raises
        :class:`InputError` where there is none, or where it cannot be used.
        """
        path = models.find(str(model))
        generator = load_network(path)
        takes_caption = 'caption' in input_vars(generator)
        return cls(generator, read_embedding_of_model(path) if takes_caption else None, backend)

    @cached_property
    def fill(self) -> Callable[[Minibatch], np.ndarray]:
        """A function minibatch → pictures, as :func:`compile_fill` compiles it, when it is used.

        It raises :class:`DivergenceError` where the generator paints what is not finite.
        """
        paint = compile_fill(self.generator, self.backend)

        def paint_finite(minibatch):
            painted = paint(minibatch)
            if not np.isfinite(painted).all():
                raise DivergenceError(
                    'this model paints what is not a finite number: its training has diverged; '
                    'train it again with a lower --learning-rate'
                )
            return painted

        return paint_finite

    @cached_property
    def _centred(self):
        return target_source(self.generator) == 'centre'

    def paint(
        self, pictures: np.ndarray, holes: np.ndarray | None = None, captions: list | None = None
    ) -> np.ndarray:
        """Paint the holes of pictures.

        Parameters
        ----------
        pictures : array, (batch, 3, 64, 64) uint8, or floats in [0, 1]
            What is in the holes does not matter.
        holes : array, (batch, 64, 64) bool, optional
            Where nothing is known: the centre 32×32 unless given, which the report's generators
            paint alone.
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
        masks = self._holes(holes, len(pictures))[:, np.newaxis]
        scale = 255 if pictures.dtype == np.uint8 else 1
        minibatch = {
            'context': np.where(masks, 0, pictures).astype(np.float32) / np.float32(scale),
            'mask': masks.astype(np.float32),
        }
        if not np.isfinite(minibatch['context']).all():
            raise InputError('pictures must be finite numbers outside of their holes')
        if self.embedding is not None:
            minibatch['caption'] = self._caption_vectors(captions, len(pictures))
        elif captions is not None and any(captions):
            raise InputError('this model was trained without captions and takes none')
        painted = scale * self._fill_in_parts(minibatch)
        painted = (np.rint(painted) if scale == 255 else painted).astype(pictures.dtype)
        return np.where(masks, painted, pictures)

    def _fill_in_parts(self, minibatch):
        starts = range(0, max(1, len(minibatch['context'])), AT_A_TIME)
        parts = [
            {source: array[start : start + AT_A_TIME] for source, array in minibatch.items()}
            for start in starts
        ]
        return np.concatenate([self.fill(part) for part in parts])

    def paint_photograph(
        self,
        image: Image.Image,
        hole: np.ndarray | tuple | None = None,
        caption: str | None = None,
        *,
        detail: str = 'exemplars',
        seed: int = 1,
    ) -> Image.Image:
        """Paint the hole of a photograph at full size, each connected part in its neighbourhood.

        The generator sees a neighbourhood at 64x64, twice as wide as the hole; what it paints there
        guides patches of the neighbourhood, at the photograph's own pixels, into the hole.

        Parameters
        ----------
        image : :class:`PIL.Image.Image`
            Of 64x64 pixels or more.
        hole : array, (height, width) bool, or tuple (left, top, right, bottom), optional
            In the pixels of the upright photograph; unless given, the
            :func:`~ift6266.photographs.hole_box` in its middle.
        caption : str, optional
            As :meth:`paint` takes it.
        detail : one of :data:`DETAILS`
            Whether patches fill the hole, or the painting itself, enlarged.
        seed : int
            Of the search for patches, as :func:`~ift6266.exemplars.complete` takes it.

        Returns
        -------
        :class:`PIL.Image.Image`
            RGB, upright and of the same size, with other pixels in the hole alone.

        Raises
        ------
        InputError
            Where the photograph is too small, or the hole does not fit it, is empty, or leaves
            nothing of it.
        """
        if detail not in DETAILS:
            raise InputError(f'detail must be one of {", ".join(DETAILS)}, not {detail}')
        image, info = whole(image)
        if min(image.size) < SIZE:
            raise InputError(f'the photograph: smaller than {SIZE}x{SIZE}')
        hole, centred = _photograph_hole(hole, image.size), self._centred

        def paint(pictures, holes):
            captions = None if caption is None else [caption] * len(pictures)
            if not centred:
                return self.paint(pictures, holes, captions)
            return self.paint(_with_mean_colours(pictures, holes), captions=captions)

        picture = fill_holes(
            np.array(image),
            hole,
            partial(paint_neighbourhood, paint=paint, scales=1 if centred else None),
            centred=centred,
            exemplars=detail == 'exemplars',
            seed=seed,
        )
        photograph = Image.fromarray(picture)
        photograph.info = info
        return photograph

    def with_captions(
        self, minibatches: Iterable[Minibatch], captions: list[list[str]]
    ) -> Iterable[Minibatch] | Iterator[Minibatch]:
        """The minibatches with the sentence vectors of ``captions``, those of all their pictures.

        Without an embedding the minibatches stay as they are.
        """
        if self.embedding is None:
            return minibatches
        return with_captions(minibatches, self._caption_vectors(captions, len(captions)))

    def _caption_vectors(self, captions, number):
        """Sentence vectors, (number, 300), of captions as :meth:`paint` takes them."""
        captions = number * [None] if captions is None else captions
        if len(captions) != number:
            raise InputError(f'{len(captions)} captions cannot go with {number} pictures')
        missing = sum(not caption for caption in captions)
        if missing:
            logger.warning(
                '%d of %d pictures have no caption: the mean training vector stands for them',
                missing,
                number,
            )
        vectors = self.embedding.average([
            [] if isinstance(caption, str) else caption or [] for caption in captions
        ])
        for row, caption in enumerate(captions):
            if caption and isinstance(caption, str):
                vectors[row] = self.embedding.embed_sentence(caption)
        return vectors

    @staticmethod
    def _holes(holes, number):
        """The holes as given, or the centres."""
        shape = (number, SIZE, SIZE)
        if holes is None:
            return np.broadcast_to(centre(), shape)
        holes = np.asarray(holes)
        if holes.shape != shape or holes.dtype != bool:
            raise InputError(f'holes must be {shape} bool, not {holes.shape} {holes.dtype}')
        return holes


def _photograph_hole(hole, size):
    """A hole as :meth:`Inpainter.paint_photograph` takes it: (height, width) bool."""
    width, height = size
    if hole is None or isinstance(hole, tuple):
        left, top, right, bottom = hole or hole_box(size)
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise InputError(f'the hole {hole} is not in a photograph of {width}x{height}')
        hole = box_hole((left, top, right, bottom), size)
    hole = np.asarray(hole)
    if hole.shape != (height, width) or hole.dtype != bool:
        raise InputError(f'the hole must be {(height, width)} bool, not {hole.shape} {hole.dtype}')
    if not hole.any():
        raise InputError('the hole is empty: there is nothing to paint')
    if hole.all():
        raise InputError('the hole is all of the photograph: there is nothing to paint by')
    return hole


def _with_mean_colours(pictures, holes):
    """Pictures, (batch, 3, 64, 64) uint8, with the mean of what is known of each in its hole."""
    return np.stack([
        np.where(
            hole,
            picture[:, ~hole].mean(axis=1).astype(np.uint8)[:, np.newaxis, np.newaxis],
            picture,
        )
        for picture, hole in zip(pictures, holes)
    ])
