"""The object that is a model: what it paints, what it is given, what it refuses."""

import unittest

import numpy as np
from PIL import Image

import ift6266
from ift6266.data.hole import fill, split, surroundings
from ift6266.inpainter import Inpainter, compile_inpaint
from ift6266.networks import build_generator
from ift6266.photographs import hole_box
from tests.support import input_error, noise

PICTURES = noise(3, 3, 64, 64)


def red(context):
    """A generator whose pictures are known: red everywhere."""
    centre = np.zeros(context.shape[:2] + (32, 32), np.float32)
    centre[:, 0] = 1
    return centre


def painter(inpaint=red, embedding=None):
    """One that paints as a function does."""
    made = Inpainter(None, embedding)
    made.inpaint = inpaint
    return made


class Letters:
    """An embedding that knows no word: a caption's vector is its length, and the mean is 7."""

    def average(self, captions):
        return np.float32([
            [np.mean([len(line) for line in lines]) if lines else 7] for lines in captions
        ])

    def embed_sentence(self, caption):
        return np.float32([len(caption)])


def grey(context, vectors):
    """Centres as grey as a hundredth of what the captions say."""
    return np.ones(context.shape[:2] + (32, 32), np.float32) * vectors[:, :, None, None] / 100


class TestPaint(unittest.TestCase):
    def test_the_hole_alone_changes(self):
        for pictures in (PICTURES, PICTURES / np.float32(255), PICTURES / 255):
            painted = painter().paint(pictures)
            self.assertEqual((painted.shape, painted.dtype), (pictures.shape, pictures.dtype))
            known = surroundings()
            np.testing.assert_array_equal(painted[..., known], pictures[..., known])
            self.assertEqual(painted[:, :, 20, 20].tolist(), 3 * [[painted.max(), 0, 0]])

    def test_the_generator_sees_what_it_was_trained_on(self):
        for pictures in (PICTURES, PICTURES / 255):
            seen = []
            painter(lambda context: seen.append(context) or red(context)).paint(pictures)
            (context,) = seen
            self.assertEqual(context.dtype, np.float32)
            np.testing.assert_allclose(context, split(PICTURES)[0] / 255, rtol=1e-6)

    def test_captions(self):
        hears = painter(grey, Letters())
        for captions, level in (
            (None, 0.07),
            (['four', '', None], (0.04, 0.07, 0.07)),
            ([['on', 'four'], ['six six'], []], (0.03, 0.07, 0.07)),
        ):
            painted = hears.paint(PICTURES / 255, captions=captions)
            np.testing.assert_allclose(painted[:, 0, 20, 20], level, rtol=1e-6)

    def test_holes_that_are_the_centre(self):
        holes = np.tile(~surroundings(), (3, 1, 1))
        np.testing.assert_array_equal(painter().paint(PICTURES, holes), painter().paint(PICTURES))

    def test_what_cannot_be_painted_is_refused_in_one_line(self):
        holes = np.tile(~surroundings(), (3, 1, 1))
        for wrong, text in (
            ((PICTURES[0],), '(batch, 3, 64, 64)'),
            ((PICTURES.astype(int),), 'int'),
            ((PICTURES, holes[:2]), '(3, 64, 64)'),
            ((PICTURES, ~holes), 'centre 32x32 alone'),
            ((PICTURES, None, ['a', 'b', 'c']), 'without captions'),
        ):
            self.assertIn(text, input_error(painter().paint, *wrong))
        self.assertIn(
            '2 captions', input_error(painter(grey, Letters()).paint, PICTURES, None, ['a', 'b'])
        )

    def test_inference_does_not_depend_on_the_other_pictures(self):
        inpaint = compile_inpaint(build_generator())
        context, _ = split(PICTURES.astype(np.float32) / 255)
        alone = np.concatenate([inpaint(picture[np.newaxis]) for picture in context])
        self.assertEqual(alone.shape, (3, 3, 32, 32))
        np.testing.assert_allclose(inpaint(context), alone, atol=1e-5)


class TestPaintPhotograph(unittest.TestCase):
    def test_the_middle_is_painted_at_full_size(self):
        image = Image.fromarray(noise(131, 203, 3))
        painted = painter().paint_photograph(image)
        box = hole_box(image.size)
        self.assertEqual(painted.size, image.size)
        self.assertEqual(
            painted.crop([box[0] + 4, box[1] + 4, box[2] - 4, box[3] - 4]).getcolors(),
            [(57 * 57, (255, 0, 0))],
        )
        painted.paste(image.crop(box), box)
        self.assertEqual(painted, image)

    def test_at_64x64_it_is_what_is_painted_of_arrays(self):
        image = Image.fromarray(PICTURES[0].transpose(1, 2, 0))
        painted = painter().paint_photograph(image, (16, 16, 48, 48))
        np.testing.assert_array_equal(
            np.asarray(painted).transpose(2, 0, 1), painter().paint(PICTURES[:1])[0]
        )

    def test_any_mode_and_orientation(self):
        turned = Image.Exif()
        turned[0x0112] = 6
        image = Image.fromarray(noise(70, 64))
        image.info['exif'] = turned.tobytes()
        painted = painter().paint_photograph(image)
        self.assertEqual((painted.mode, painted.size), ('RGB', (70, 64)))

    def test_other_holes_and_small_photographs_are_refused(self):
        image = Image.new('RGB', (100, 80))
        self.assertIn(
            '(30, 20, 70, 60) here', input_error(painter().paint_photograph, image, (0, 0, 40, 40))
        )
        self.assertIn(
            'smaller than 64x64',
            input_error(painter().paint_photograph, Image.new('RGB', (63, 80))),
        )


def test_a_model_of_the_package():
    """Three lines of Python, as the README has them."""
    made = ift6266.Inpainter.load('l2')
    painted = made.paint(PICTURES)
    context, _ = split(PICTURES.astype(np.float32) / 255)
    expected = fill(context, made.inpaint(context))
    np.testing.assert_allclose(painted / 255, expected, atol=0.51 / 255)
