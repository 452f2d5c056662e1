"""The object that is a model: what it paints, what it is given, what it refuses."""

import unittest
from unittest.mock import patch

import numpy as np
from PIL import Image
from scipy import ndimage

import ift6266
from ift6266.holes import centre, cut, fill, rectangle, strokes
from ift6266.inpainter import Inpainter, compile_fill, compile_output
from ift6266.networks.generator import build_generator
from ift6266.photographs import hole_box
from tests.support import input_error, noise
from tests.training.support import masked_generator

CENTRE_GENERATOR = build_generator()
PICTURES = noise(3, 3, 64, 64)
CENTRES = np.tile(centre(), (3, 1, 1))
# As others draw them: of each kind one.
HOLES_OF_ALL_KINDS = np.stack([
    draw(np.random.RandomState(1)) for draw in (centre, rectangle, strokes)
])


def minibatch_of(pictures, holes):
    """What a generator takes of uint8 pictures."""
    return {
        'context': cut(pictures, holes) / np.float32(255),
        'mask': holes[:, np.newaxis].astype(np.float32),
    }


def red(minibatch):
    """A fill whose pictures are known: red everywhere."""
    pictures = np.zeros_like(minibatch['context'])
    pictures[:, 0] = 1
    return pictures


def painter(fill=red, embedding=None, generator=CENTRE_GENERATOR):
    """One that paints as a function does, and thinks that the generator does."""
    made = Inpainter(generator, embedding)
    made.fill = fill
    return made


def fill_with_mean(minibatch):
    """A fill that depends on all that is seen of a picture."""
    return np.ones_like(minibatch['context']) * minibatch['context'].mean((1, 2, 3), keepdims=True)


class Letters:
    """An embedding that knows no word: a caption's vector is its length, and the mean is 7."""

    def average(self, captions):
        return np.float32([
            [np.mean([len(line) for line in lines]) if lines else 7] for lines in captions
        ])

    def embed_sentence(self, caption):
        return np.float32([len(caption)])


def grey(minibatch):
    """Pictures as grey as a hundredth of what the captions say."""
    vectors = minibatch['caption'][:, :, np.newaxis, np.newaxis]
    return np.ones_like(minibatch['context']) * vectors / 100


class TestPaint(unittest.TestCase):
    def test_the_hole_alone_changes(self):
        for pictures in (PICTURES, PICTURES / np.float32(255), PICTURES / 255):
            painted = painter().paint(pictures)
            self.assertEqual((painted.shape, painted.dtype), (pictures.shape, pictures.dtype))
            np.testing.assert_array_equal(painted[..., ~centre()], pictures[..., ~centre()])
            self.assertEqual(painted[:, :, 20, 20].tolist(), 3 * [[painted.max(), 0, 0]])

    def test_any_hole_alone_changes(self):
        painted = painter().paint(PICTURES, HOLES_OF_ALL_KINDS)
        for picture, before, hole in zip(painted, PICTURES, HOLES_OF_ALL_KINDS):
            np.testing.assert_array_equal(picture[:, ~hole], before[:, ~hole])
            self.assertTrue((picture[:, hole].T == [255, 0, 0]).all())

    def test_the_generator_takes_what_it_was_trained_on(self):
        for pictures in (PICTURES, PICTURES / 255):
            for holes in (None, HOLES_OF_ALL_KINDS):
                taken = []
                painter(lambda minibatch: taken.append(minibatch) or red(minibatch)).paint(
                    pictures, holes
                )
                expected = minibatch_of(PICTURES, CENTRES if holes is None else holes)
                self.assertEqual(taken[0].keys(), expected.keys())
                for source, array in expected.items():
                    self.assertEqual(taken[0][source].dtype, np.float32)
                    np.testing.assert_allclose(taken[0][source], array, rtol=1e-6)

    def test_what_is_in_the_hole_does_not_matter(self):
        pictures = PICTURES / np.float32(255)
        blank = np.where(centre(), np.float32(np.nan), pictures)
        generator = painter(lambda minibatch: minibatch['context'] + minibatch['mask'] / 2)
        np.testing.assert_array_equal(generator.paint(blank), generator.paint(pictures))

    def test_what_is_not_finite_around_the_hole_is_refused(self):
        pictures = PICTURES / np.float32(255)
        pictures[1, 2, 3, 4] = np.nan
        self.assertIn('outside of their holes', input_error(painter().paint, pictures))

    def test_captions(self):
        captioned = painter(grey, Letters())
        for captions, level in (
            (None, 0.07),
            (['four', '', None], (0.04, 0.07, 0.07)),
            ([['on', 'four'], ['six six'], []], (0.03, 0.07, 0.07)),
        ):
            painted = captioned.paint(PICTURES / 255, captions=captions)
            np.testing.assert_allclose(painted[:, 0, 20, 20], level, rtol=1e-6)

    def test_minibatches_with_captions(self):
        minibatches = [{'context': PICTURES[:2]}, {'context': PICTURES[2:]}]
        self.assertIs(painter().with_captions(minibatches, None), minibatches)
        captions = [['on', 'four'], [], ['six six']]
        found = list(painter(grey, Letters()).with_captions(minibatches, captions))
        self.assertEqual([each['caption'].tolist() for each in found], [[[3], [7]], [[7]]])

    def test_holes_that_are_the_centre(self):
        np.testing.assert_array_equal(painter().paint(PICTURES, CENTRES), painter().paint(PICTURES))

    def test_what_cannot_be_painted_is_refused_in_one_line(self):
        for wrong, text in (
            ((PICTURES[0],), '(batch, 3, 64, 64)'),
            ((PICTURES.astype(int),), 'int'),
            ((PICTURES, CENTRES[:2]), '(3, 64, 64)'),
            ((PICTURES, CENTRES.astype(int)), 'bool, not (3, 64, 64) int'),
            ((PICTURES, None, ['a', 'b', 'c']), 'without captions'),
        ):
            self.assertIn(text, input_error(painter().paint, *wrong))
        self.assertIn(
            '2 captions', input_error(painter(grey, Letters()).paint, PICTURES, None, ['a', 'b'])
        )


class TestFill(unittest.TestCase):
    """What networks paint, and of which holes."""

    def test_inference_does_not_depend_on_the_other_pictures(self):
        fill_holes = compile_fill(build_generator())
        minibatch = minibatch_of(PICTURES, CENTRES)
        alone = [
            fill_holes({source: array[row : row + 1] for source, array in minibatch.items()})
            for row in range(3)
        ]
        np.testing.assert_allclose(fill_holes(minibatch), np.concatenate(alone), atol=1e-5)

    def test_a_generator_of_the_centre(self):
        generator = build_generator()
        minibatch = minibatch_of(PICTURES, CENTRES)
        painted = compile_output(generator)(minibatch['context'])
        self.assertEqual(painted.shape, (3, 3, 32, 32))
        np.testing.assert_array_equal(
            compile_fill(generator)(minibatch), fill(minibatch['context'], painted)
        )

    def test_a_generator_of_the_centre_paints_no_other_hole(self):
        made = Inpainter(build_generator())
        for holes in (HOLES_OF_ALL_KINDS, ~CENTRES, np.zeros_like(CENTRES)):
            self.assertIn('centre 32x32 alone', input_error(made.paint, PICTURES, holes))
        self.assertEqual(made.paint(PICTURES, CENTRES).shape, PICTURES.shape)

    def test_a_generator_of_the_whole_picture_paints_any_hole(self):
        """Beside NumPy's: the sigmoid of what a linear layer makes of each pixel and the mask."""
        generator = masked_generator()
        made = Inpainter(generator)
        for holes in (None, HOLES_OF_ALL_KINDS):
            used = CENTRES if holes is None else holes
            minibatch = minibatch_of(PICTURES, used)
            inputs = np.concatenate([minibatch['context'], minibatch['mask']], axis=1)
            linear = np.einsum('bcij,cd->bdij', inputs, generator.W.get_value())
            expected = np.where(used[:, np.newaxis], 1 / (1 + np.exp(-linear)), PICTURES / 255)
            painted = made.paint(PICTURES / 255, holes)
            np.testing.assert_allclose(painted, expected, rtol=1e-5)

    def test_many_pictures_are_painted_a_few_at_a_time(self):
        made = Inpainter(masked_generator())
        expected, numbers, fill_few = made.paint(PICTURES, HOLES_OF_ALL_KINDS), [], made.fill

        def fill(minibatch):
            numbers.append(len(minibatch['context']))
            return fill_few(minibatch)

        made.fill = fill
        with patch('ift6266.inpainter.AT_A_TIME', 2):
            painted = made.paint(PICTURES, HOLES_OF_ALL_KINDS)
        self.assertEqual(numbers, [2, 1])
        np.testing.assert_array_equal(painted, expected)

    def test_a_generator_that_has_diverged(self):
        """Its parameters are finite, and what it paints is not."""
        generator = masked_generator()
        generator.W.set_value(np.full_like(generator.W.get_value(), 3e38))
        generator.nonlinearity = lambda linear: 2 * linear
        message = input_error(Inpainter(generator).paint, PICTURES)
        self.assertIn('has diverged', message)


class TestPaintPhotograph(unittest.TestCase):
    def test_the_photograph_given_stays_as_it_is(self):
        image = Image.fromarray(noise(80, 90, 3))
        image.info = {'dpi': (72, 72), 'comment': 'mine'}
        before = image.tobytes()
        painted = painter().paint_photograph(image)
        self.assertEqual(image.info, {'dpi': (72, 72), 'comment': 'mine'})
        self.assertEqual(image.tobytes(), before)
        self.assertEqual(painted.info, {'dpi': (72, 72)})

    def test_holes_alone_are_painted_at_full_size(self):
        image = Image.fromarray(noise(131, 203, 3))
        several = np.zeros((131, 203), bool)
        for rows, columns in ((0, 60), (0, 80)), ((90, 131), (10, 20)), ((50, 52), (100, 200)):
            several[slice(*rows), slice(*columns)] = True
        middle = np.zeros((131, 203), bool)
        left, top, right, bottom = hole_box(image.size)
        middle[top:bottom, left:right] = True
        almost_all = np.ones((131, 203), bool)
        almost_all[60:70, 100:110] = False
        for generator in CENTRE_GENERATOR, masked_generator():
            made = painter(generator=generator)
            for given, hole in (
                (None, middle),
                ((left, top, right, bottom), middle),
                (several, several),
                (almost_all, almost_all),
            ):
                painted = np.asarray(made.paint_photograph(image, given, detail='none'))
                np.testing.assert_array_equal(painted[~hole], np.asarray(image)[~hole])
                # Near its border the painting is joined to the pixels around it.
                inner = ndimage.binary_erosion(hole, np.ones((3, 3)), iterations=26)
                self.assertTrue((painted[inner] == [255, 0, 0]).all())
                self.assertGreater(painted[hole].mean(axis=0)[0], 200)

    def test_nothing_in_a_hole_is_seen(self):
        """Two photographs that differ in their holes are painted the same."""
        first, second = noise(2, 131, 203, 3)
        hole = np.zeros((131, 203), bool)
        hole[20:60, 0:90] = hole[70:75, 100:180] = True
        second[~hole] = first[~hole]
        for generator in CENTRE_GENERATOR, masked_generator():
            made = painter(fill_with_mean, generator=generator)
            np.testing.assert_array_equal(
                *(
                    np.asarray(made.paint_photograph(Image.fromarray(pixels), hole))
                    for pixels in (first, second)
                )
            )

    def test_at_64x64_it_is_what_is_painted_of_arrays(self):
        image = Image.fromarray(PICTURES[0].transpose(1, 2, 0))
        painted = painter(fill_with_mean).paint_photograph(image, (16, 16, 48, 48), detail='none')
        np.testing.assert_array_equal(
            np.asarray(painted).transpose(2, 0, 1), painter(fill_with_mean).paint(PICTURES[:1])[0]
        )

    def test_any_mode_and_orientation(self):
        turned = Image.Exif()
        turned[0x0112] = 6
        image = Image.fromarray(noise(70, 64))
        image.info['exif'] = turned.tobytes()
        painted = painter().paint_photograph(image)
        self.assertEqual((painted.mode, painted.size), ('RGB', (70, 64)))

    def test_patches_of_the_surroundings_fill_holes(self):
        """Stripes go on, by an unknown seed the same, whatever the painting is."""
        stripes = np.tile(np.uint8([[[0] * 3], [[90] * 3], [[200] * 3], [[90] * 3]]), (40, 160, 1))
        hole = np.zeros((160, 160), bool)
        hole[60:90, 50:90] = hole[10:20, 140:] = True
        for generator in CENTRE_GENERATOR, masked_generator():
            made = painter(fill_with_mean, generator=generator)
            painted = made.paint_photograph(Image.fromarray(stripes), hole, seed=7)
            np.testing.assert_array_equal(np.asarray(painted), stripes)

    def test_what_cannot_be_painted(self):
        image, none = Image.new('RGB', (100, 80)), np.zeros((80, 100), bool)
        for given, message in (
            ((0, 0, 101, 40), 'not in a photograph of 100x80'),
            ((40, 0, 40, 40), 'not in a photograph of 100x80'),
            (none, 'nothing to paint'),
            (~none, 'nothing to paint by'),
            (none.T, 'must be (80, 100) bool, not (100, 80) bool'),
            (none.astype(int), 'must be (80, 100) bool, not (80, 100) int'),
        ):
            self.assertIn(message, input_error(painter().paint_photograph, image, given))
        self.assertIn(
            'smaller than 64x64',
            input_error(painter().paint_photograph, Image.new('RGB', (63, 80))),
        )
        self.assertIn(
            'one of exemplars, none',
            input_error(painter().paint_photograph, image, None, detail='more'),
        )


def test_a_model_of_the_package():
    """Three lines of Python, as the README has them."""
    made = ift6266.Inpainter.load('l2')
    painted = made.paint(PICTURES)
    expected = made.fill(minibatch_of(PICTURES, CENTRES))
    np.testing.assert_allclose(painted / 255, expected, atol=0.51 / 255)
