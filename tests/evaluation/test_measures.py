"""Measures of whole splits: their names, ratios, intervals, and what cannot be given."""

from unittest.mock import patch

import numpy as np

from ift6266.evaluation import texture
from ift6266.evaluation.bootstrap import interval, resampled_means
from ift6266.evaluation.fills import FILLS, way_of_painting
from ift6266.evaluation.measures import (
    MEASURES,
    Measured,
    measure,
    ratios,
    summarize_truth,
    summary,
)
from ift6266.evaluation.metrics import gradient_energy, psnr
from ift6266.holes import CENTRE, centre, strokes
from tests.evaluation.support import minibatch
from tests.support import input_error, noise

few_directions = patch.object(texture, 'DIRECTIONS', 4)
NAMES = {each.name for each in MEASURES}
harmonic = way_of_painting(FILLS['harmonic fill'])


def stream(number, batch_size=3, holes=None):
    pictures = np.random.RandomState(1).uniform(size=(number, 3, 64, 64)).astype(np.float32)
    holes = np.broadcast_to(centre() if holes is None else holes, (number, 64, 64))
    return [
        minibatch(pictures[first : first + batch_size], holes[first : first + batch_size])
        for first in range(0, number, batch_size)
    ]


def drawn_strokes(number):
    return np.stack([strokes(np.random.RandomState(seed)) for seed in range(number)])


@few_directions
def test_all_measures_of_a_fill():
    minibatches = stream(130, 50)
    values, left_out = summary(measure(harmonic, minibatches, noise(7, 3, 64, 64)))
    assert left_out == [] and values['pictures'] == 130
    assert set(values) == {'pictures'} | NAMES | {name + '_interval' for name in NAMES}
    for name in NAMES:
        low, high = values[name + '_interval']
        assert low <= values[name] <= high, name
    true = np.concatenate([each['picture'] for each in minibatches])
    painted = np.concatenate([harmonic(each) for each in minibatches])
    errors = painted[CENTRE] - true[CENTRE].astype(float)
    np.testing.assert_allclose(values['mse'], np.square(errors).mean(), rtol=1e-6)
    np.testing.assert_allclose(values['psnr'], psnr(np.square(errors).mean()), rtol=1e-6)
    np.testing.assert_allclose(values['l1'], abs(errors).mean(), rtol=1e-6)
    mask = np.concatenate([each['mask'] for each in minibatches])
    energies = [gradient_energy(pictures, mask) for pictures in (painted, true)]
    np.testing.assert_allclose(values['gradient_ratio'], energies[0].sum() / energies[1].sum())
    draws = resampled_means(energies[0]) / resampled_means(energies[1])
    np.testing.assert_allclose(values['gradient_ratio_interval'], interval(draws))


@few_directions
def test_the_texture_is_that_of_what_is_in_the_hole():
    aside = np.roll(centre(), 9, axis=1)
    here, there = stream(64), stream(64)
    for each in there:
        each.update(minibatch(np.roll(each['picture'], 9, axis=3), aside))
    painted = measure(lambda each: 0.5 * each['mask'] + each['context'], here).columns['swd_32']
    moved = measure(lambda each: 0.5 * each['mask'] + each['context'], there).columns['swd_32']
    np.testing.assert_allclose(moved, painted, rtol=1e-5)
    crops = np.concatenate([each['picture'][CENTRE] for each in here])
    direct, _ = texture.sliced_wasserstein(np.full_like(crops, 0.5), crops)
    np.testing.assert_allclose(painted, direct)


@few_directions
def test_the_truth_is_the_mark():
    values, left_out = summarize_truth(stream(130), noise(7, 3, 64, 64))
    assert left_out == []
    assert values['gradient_ratio'] == values['border_step_ratio'] == 1
    np.testing.assert_allclose(values['border_step'], 1 / 3, rtol=0.01)  # of uniform noise
    assert values['swd_32'] > 0 and values['swd_16'] > 0 and 'swd_32_interval' not in values


def test_order_and_size_of_minibatches_change_nothing():
    holes = drawn_strokes(7)
    results = [measure(harmonic, stream(7, size, holes)).columns for size in (1, 3, 7)]
    for other in results[1:]:
        assert set(other) == set(results[0])
        for name, column in results[0].items():
            assert column.dtype == np.float64 and column.shape == (7,)
            np.testing.assert_allclose(other[name], column, rtol=1e-5)


def test_texture_and_memory_take_the_same_hole_in_all_pictures():
    different, alike = drawn_strokes(70), drawn_strokes(1)[0]
    with_training = noise(7, 3, 64, 64)
    for result in (
        summary(measure(harmonic, stream(70, 35, different), with_training)),
        summarize_truth(stream(70, 35, different), with_training),
    ):
        values, (*_, line) = result
        assert 'take the same hole in all pictures' in line
        assert 'border_step' in values and not {'swd_32', 'training_distance'} & set(values)
    for result in (
        summary(measure(harmonic, stream(70, 35, alike), with_training)),
        summarize_truth(stream(70, 35, alike), with_training),
    ):
        values, (*_, line) = result
        assert 'takes a rectangular hole' in line
        assert 'training_distance' in values and 'swd_32' not in values


def test_what_a_few_pictures_do_not_give_is_said():
    values, left_out = summary(measure(harmonic, stream(4)))
    assert len(left_out) == 2 and '128 pictures or more, not 4' in left_out[0]
    assert '64 pictures or more, not 4' in left_out[1]
    assert 'swd_32' not in values and 'mse_interval' in values
    values, left_out = summary(measure(harmonic, stream(1)))
    assert len(left_out) == 3 and 'not 1' in left_out[2]
    assert 'mse' in values and not any(name.endswith('_interval') for name in values)


def test_flat_pictures_have_no_ratios():
    values, left_out = summary(
        measure(harmonic, [minibatch(np.full((3, 3, 64, 64), 0.5, np.float32))])
    )
    assert 'gradient_ratio' not in values
    assert any(line.startswith('gradient_ratio') for line in left_out)
    assert all(np.isfinite(value).all() for value in values.values())


def test_nothing_to_measure_is_refused():
    assert 'no pictures' in input_error(measure, harmonic, [])


def test_a_measure_is_of_the_means_not_the_mean_of_it():
    values, _ = summary(Measured({'mse': np.array([0.1, 0.001])}))
    np.testing.assert_allclose(values['psnr'], -10 * np.log10(0.0505))


def test_ratios_are_of_the_same_resampled_pictures():
    random = np.random.RandomState(1)
    mse, swd = random.exponential(size=(2, 50))
    other = Measured({'mse': mse, 'swd_32': swd, 'l1': mse})
    # The errors of the two are proportional: so are their means over any pictures.
    twice = ratios(Measured({'mse': 2 * mse, 'swd_32': random.exponential(size=50)}), other)
    assert set(twice) == {'mse', 'mse_interval', 'swd_32', 'swd_32_interval'}
    np.testing.assert_allclose([twice['mse'], *twice['mse_interval']], 2)
    low, high = twice['swd_32_interval']
    assert low < twice['swd_32'] < high and high - low > 0.2


def test_ratios_against_a_loop_over_drawn_pictures():
    ours, theirs = np.random.RandomState(2).exponential(size=(2, 40))
    found = ratios(Measured({'mse': ours}), Measured({'mse': theirs}))
    np.testing.assert_allclose(found['mse'], ours.sum() / theirs.sum())
    random, drawn = np.random.RandomState(3), []
    for _ in range(4000):
        chosen = random.randint(40, size=40)
        drawn.append(ours[chosen].mean() / theirs[chosen].mean())
    np.testing.assert_allclose(found['mse_interval'], np.percentile(drawn, [2.5, 97.5]), rtol=0.06)


def test_ratios_that_cannot_be_had_are_not_there():
    one, none = Measured({'mse': np.ones(1)}), Measured({'mse': np.zeros(1)})
    assert ratios(one, one) == {'mse': 1}
    assert ratios(one, none) == {}
