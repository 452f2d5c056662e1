"""Neighbourhoods: which squares of a photograph a network sees, and where it paints."""

import unittest

import numpy as np
from PIL import Image

from ift6266.neighbourhoods import Square, connected_holes, neighbourhood, paint_neighbourhood
from tests.support import noise


def box(top, bottom, left, right):
    return slice(top, bottom), slice(left, right)


class TestSquare(unittest.TestCase):
    def test_inside_of_a_photograph(self):
        pixels = noise(90, 120, 3)
        square = Square(20, 40, 64)
        np.testing.assert_array_equal(square.cut(pixels), pixels[20:84, 40:104])
        self.assertEqual(square.of(box(30, 35, 50, 60)), box(10, 15, 10, 20))

    def test_beyond_its_edges_it_is_mirrored(self):
        pixels = noise(10, 12)
        cut = Square(-3, 5, 16).cut(pixels)
        rows = [2, 1, 0, *range(10), 9, 8, 7]
        columns = [*range(5, 12), *range(11, 4, -1), 5, 6]
        np.testing.assert_array_equal(cut, pixels[np.ix_(rows, columns)])


class TestNeighbourhood(unittest.TestCase):
    def test_is_twice_as_wide_and_in_the_photograph(self):
        for hole, expected in (
            (box(100, 140, 200, 230), Square(80, 175, 80)),
            (box(0, 40, 290, 300), Square(0, 220, 80)),
            (box(5, 9, 5, 9), Square(0, 0, 64)),
            (box(0, 200, 0, 300), Square(-50, 0, 300)),
        ):
            self.assertEqual(neighbourhood(hole, (200, 300), centred=False), expected)

    def test_a_centred_hole_is_in_the_centre_half(self):
        for top in range(0, 40, 7):
            for height in range(1, 60):
                hole = box(top, top + height, 3, 5)
                square = neighbourhood(hole, (100, 120), centred=True)
                rows, columns = square.of(hole)
                quarter = square.side // 4
                self.assertEqual(square.side % 4, 0)
                for part in (rows, columns):
                    self.assertLessEqual(quarter, part.start)
                    self.assertLessEqual(part.stop, 3 * quarter)


def test_holes_that_touch_are_one():
    hole = np.zeros((9, 9), bool)
    hole[[1, 2, 2, 7], [1, 2, 3, 0]] = True
    (first, part), (second, pixel) = connected_holes(hole)
    assert first == box(1, 3, 1, 4) and second == box(7, 8, 0, 1)
    assert part.tolist() == [[True, False, False], [False, True, True]] and pixel.all()


class TestPaintNeighbourhood(unittest.TestCase):
    def test_the_network_sees_means_of_known_pixels(self):
        pixels, hole = noise(192, 192, 3), np.zeros((192, 192), bool)
        hole[70:100, 80:101] = True
        seen = []
        paint_neighbourhood(pixels, hole, lambda *both: seen.append(both) or both[0], scales=1)
        ((pictures, holes),) = seen
        boxes = pixels.reshape(64, 3, 64, 3, 3).mean((1, 3)).transpose(2, 0, 1)
        self.assertEqual(holes[0].sum(), (34 - 23) * (34 - 26))
        np.testing.assert_allclose(pictures[0][:, ~holes[0]], boxes[:, ~holes[0]], atol=1)

    def test_a_thin_hole_is_painted_by_the_finest_squares(self):
        """Each scale paints in a colour of its own, by how wide it sees the hole."""
        hole = np.zeros((256, 256), bool)
        hole[:, 128:136] = True

        def paint(pictures, holes):
            shares = holes.mean(axis=(1, 2))[:, np.newaxis, np.newaxis, np.newaxis]
            return np.broadcast_to(1600 * shares, pictures.shape).astype(np.uint8)

        painted = paint_neighbourhood(noise(256, 256, 3), hole, paint)
        self.assertGreater(painted[32:224, 128:136].min(), 150)

    def test_a_thick_hole_is_painted_once(self):
        hole = np.zeros((256, 256), bool)
        hole[64:192, 64:192] = True
        calls = []
        pixels = noise(256, 256, 3)
        painted = paint_neighbourhood(
            pixels, hole, lambda pictures, holes: calls.append(len(pictures)) or pictures
        )
        self.assertEqual(calls, [1])
        self.assertEqual(painted.shape, pixels.shape)

    def test_a_ramp_goes_on(self):
        across = np.tile(np.linspace(10, 240, 192), (192, 1))
        pixels = np.stack([across, across.T, (across + across.T) / 2], axis=-1).astype(np.uint8)
        hole = np.zeros((192, 192), bool)
        hole[48:144, 48:144] = True
        small = np.asarray(Image.fromarray(pixels).resize((64, 64), Image.Resampling.BOX))
        painted = paint_neighbourhood(pixels, hole, lambda *_: small.transpose(2, 0, 1)[np.newaxis])
        self.assertLessEqual(np.abs(painted.astype(int) - pixels).max(), 3)
