"""The biharmonic fill against scikit-image picture by picture."""

import numpy as np
from skimage.restoration import inpaint_biharmonic

from ift6266.data.hole import split, surroundings
from ift6266.evaluation.biharmonic import biharmonic_fill


def test_fill_is_that_of_scikit_image():
    random = np.random.RandomState(1)
    smooth = np.cumsum(np.cumsum(random.normal(size=(2, 3, 64, 64)), axis=2), axis=3)
    smooth = (smooth - smooth.min()) / np.ptp(smooth)
    images = np.concatenate([random.uniform(size=(2, 3, 64, 64)), smooth])
    context, _ = split(images)
    hole = ~surroundings()
    expected = [
        inpaint_biharmonic(picture, hole, channel_axis=0)[:, 16:48, 16:48] for picture in context
    ]
    np.testing.assert_allclose(biharmonic_fill(context), expected, atol=1e-9)


def test_values_are_cut_off_at_the_range_of_each_channel():
    # Slopes up, or down, to the hole, which the fill would continue.
    steep = 0.5 + 0.2 * surroundings(1) + 0.1 * surroundings(2)
    filled = biharmonic_fill(np.stack([steep, 1 - steep, 0 * steep])[np.newaxis])[0]
    np.testing.assert_allclose(filled[0].max(), 0.8)
    np.testing.assert_allclose(filled[1].min(), 0.2)
    assert not filled[2].any()


def test_the_hole_is_not_read_and_the_type_is_kept():
    images = np.random.RandomState(2).uniform(size=(2, 3, 64, 64)).astype(np.float32)
    filled = biharmonic_fill(images)
    assert filled.dtype == np.float32
    np.testing.assert_array_equal(filled, biharmonic_fill(split(images)[0]))
