"""The search of the training pictures against a loop over all of them."""

from unittest.mock import patch

import numpy as np

from ift6266.data.hole import split
from ift6266.evaluation import nearest
from ift6266.evaluation.nearest import NearestNeighbour, training_distance
from tests.support import noise

IMAGES = noise(23, 3, 64, 64)


def ring(image):
    """The pixels around the hole as whole numbers, two deep."""
    frame = image[:, 14:50, 14:50].astype(int)
    frame[:, 2:-2, 2:-2] = 0
    return frame


@patch.object(nearest, 'BLOCK', 5)
def test_the_nearest_picture_of_all_is_found():
    random = np.random.RandomState(1)
    pictures = random.randint(256, size=(6, 3, 64, 64))
    # A ring between those of two training pictures, nearer to the second.
    pictures[0] = np.rint(0.4 * IMAGES[3] + 0.6 * IMAGES[21])
    pictures[1] = IMAGES[22]
    context, _ = split((pictures / 255).astype(np.float32))
    expected = [
        np.argmin([np.square(ring(picture) - ring(image)).sum() for image in IMAGES])
        for picture in pictures
    ]
    assert expected[:2] == [21, 22]
    filled = NearestNeighbour(IMAGES)(context)
    assert filled.dtype == np.float32
    np.testing.assert_allclose(filled, IMAGES[expected][..., 16:48, 16:48] / 255, rtol=1e-6)


@patch.object(nearest, 'BLOCK', 5)
def test_of_equals_the_first_is_taken():
    images = IMAGES.copy()
    images[[4, 17]] = images[9]
    images[[4, 9, 17], :, 30, 30] = [[1] * 3, [2] * 3, [3] * 3]
    context, _ = split((images[9:10] / 255).astype(np.float32))
    assert round(255 * NearestNeighbour(images)(context)[0, 0, 14, 14]) == 1


@patch.object(nearest, 'BLOCK', 5)
def test_distance_to_the_nearest_training_centre():
    _, centres = split(IMAGES / 255)
    painted = np.random.RandomState(1).uniform(size=(3, 3, 32, 32))
    painted[2] = centres[13]
    expected = [min(np.square(centre - each).mean() for each in centres) for centre in painted]
    np.testing.assert_allclose(training_distance(painted, IMAGES), expected, rtol=1e-5, atol=1e-9)
    assert training_distance(painted, IMAGES)[2] < 1e-9
