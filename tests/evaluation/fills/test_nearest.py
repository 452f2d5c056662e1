"""The search of the training pictures against a loop over all of them."""

from unittest.mock import patch

import numpy as np

from ift6266.evaluation import neighbours
from ift6266.evaluation.fills.nearest import nearest_neighbour_fill
from ift6266.holes import centre
from tests.evaluation.support import minibatch
from tests.support import noise

IMAGES = noise(23, 3, 64, 64)
small_blocks = patch.object(neighbours, 'BLOCK', 5)


def around(picture, hole):
    """The pixels around the hole as whole numbers, two deep."""
    near = np.zeros((68, 68), bool)
    for down in range(5):
        for right in range(5):
            near[down : down + 64, right : right + 64] |= hole
    return picture[:, near[2:-2, 2:-2] & ~hole].astype(int)


@small_blocks
def test_the_nearest_picture_of_all_is_found():
    pictures = np.random.RandomState(1).randint(256, size=(6, 3, 64, 64))
    # Between two training pictures, nearer to the second.
    pictures[0] = np.rint(0.4 * IMAGES[3] + 0.6 * IMAGES[21])
    pictures[1] = IMAGES[22]
    corner = np.zeros((64, 64), bool)
    corner[50:, :20] = True
    holes = [centre(), corner, *4 * [centre()]]
    batch = minibatch((pictures / 255).astype(np.float32), np.stack(holes))
    expected = [
        np.argmin([
            np.square(around(picture, hole) - around(image, hole)).sum() for image in IMAGES
        ])
        for picture, hole in zip(pictures, holes)
    ]
    assert expected[:2] == [21, 22]
    painted = nearest_neighbour_fill(batch['context'], batch['mask'], training=IMAGES)
    assert painted.dtype == np.float32
    for picture, hole, number in zip(painted, holes, expected):
        np.testing.assert_allclose(picture[:, hole], IMAGES[number][:, hole] / 255, rtol=1e-6)


@small_blocks
def test_of_equals_the_first_is_taken():
    images = IMAGES.copy()
    images[[4, 17]] = images[9]
    images[[4, 9, 17], :, 30, 30] = [[1] * 3, [2] * 3, [3] * 3]
    batch = minibatch(images[9:10] / 255)
    painted = nearest_neighbour_fill(batch['context'], batch['mask'], training=images)
    assert round(255 * painted[0, 0, 30, 30]) == 1
