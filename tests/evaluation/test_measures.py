"""Measures of whole splits: their names, ratios, intervals, and what cannot be given."""

from unittest.mock import patch

import numpy as np

from ift6266.data.hole import split
from ift6266.evaluation import wasserstein
from ift6266.evaluation.bootstrap import interval, resampled_means
from ift6266.evaluation.gradients import gradient_energy
from ift6266.evaluation.harmonic import harmonic_fill
from ift6266.evaluation.measures import (
    MEASURES,
    Measured,
    measure,
    ratios,
    summarize_truth,
    summary,
)
from ift6266.evaluation.metrics import psnr
from tests.support import input_error, noise

few_directions = patch.object(wasserstein, 'DIRECTIONS', 4)
NAMES = {each.name for each in MEASURES}


def stream(number, batch_size=3, seed=1):
    images = np.random.RandomState(seed).uniform(size=(number, 3, 64, 64)).astype(np.float32)
    context, target = split(images)
    return [
        (context[first : first + batch_size], target[first : first + batch_size])
        for first in range(0, number, batch_size)
    ]


@few_directions
def test_all_measures_of_a_fill():
    minibatches = stream(130, 50)
    values, left_out = summary(measure(harmonic_fill, minibatches, noise(7, 3, 64, 64)))
    assert left_out == [] and values['pictures'] == 130
    assert set(values) == {'pictures'} | NAMES | {name + '_interval' for name in NAMES}
    for name in NAMES:
        low, high = values[name + '_interval']
        assert low <= values[name] <= high, name
    target = np.concatenate([target for _, target in minibatches])
    painted = np.concatenate([harmonic_fill(context) for context, _ in minibatches])
    errors = np.square(painted - target.astype(float)).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(values['mse'], errors.mean(), rtol=1e-6)
    np.testing.assert_allclose(values['psnr'], psnr(errors.mean()), rtol=1e-6)
    np.testing.assert_allclose(values['l1'], abs(painted - target).mean(), rtol=1e-6)
    energies = [gradient_energy(centres) for centres in (painted, target)]
    np.testing.assert_allclose(values['gradient_ratio'], energies[0].sum() / energies[1].sum())
    ratios = resampled_means(energies[0]) / resampled_means(energies[1])
    np.testing.assert_allclose(values['gradient_ratio_interval'], interval(ratios))


@few_directions
def test_the_truth_is_the_mark():
    values, left_out = summarize_truth(stream(130), noise(7, 3, 64, 64))
    assert left_out == []
    assert values['gradient_ratio'] == values['border_step_ratio'] == 1
    np.testing.assert_allclose(values['border_step'], 1 / 3, rtol=0.01)  # of uniform noise
    assert values['swd_32'] > 0 and values['swd_16'] > 0 and 'swd_32_interval' not in values


def test_order_and_size_of_minibatches_change_nothing():
    results = [measure(harmonic_fill, stream(7, size)).columns for size in (1, 3, 7)]
    for other in results[1:]:
        assert set(other) == set(results[0])
        for name, column in results[0].items():
            assert column.dtype == np.float64 and column.shape == (7,)
            np.testing.assert_allclose(other[name], column, rtol=1e-5)


def test_what_a_few_pictures_do_not_give_is_said():
    values, left_out = summary(measure(harmonic_fill, stream(4)))
    assert len(left_out) == 1 and '64 pictures or more, not 4' in left_out[0]
    assert 'swd_32' not in values and 'mse_interval' in values
    values, left_out = summary(measure(harmonic_fill, stream(1)))
    assert len(left_out) == 2 and 'not 1' in left_out[1]
    assert 'mse' in values and not any(name.endswith('_interval') for name in values)


def test_flat_pictures_have_no_ratios():
    context, target = split(np.full((3, 3, 64, 64), 0.5, np.float32))
    values, left_out = summary(measure(harmonic_fill, [(context, target)]))
    assert 'gradient_ratio' not in values
    assert any(line.startswith('gradient_ratio') for line in left_out)
    assert all(np.isfinite(value).all() for value in values.values())


def test_nothing_to_measure_is_refused():
    assert 'no pictures' in input_error(measure, harmonic_fill, [])


def test_a_measure_is_of_the_means_not_the_mean_of_it():
    values, _ = summary(Measured({'mse': np.array([0.1, 0.001])}, []))
    np.testing.assert_allclose(values['psnr'], -10 * np.log10(0.0505))


def test_ratios_are_of_the_same_resampled_pictures():
    random = np.random.RandomState(1)
    mse, swd = random.exponential(size=(2, 50))
    other = Measured({'mse': mse, 'swd_32': swd, 'l1': mse}, [])
    # The errors of the two go together: so do their means over any pictures.
    twice = ratios(Measured({'mse': 2 * mse, 'swd_32': random.exponential(size=50)}, []), other)
    assert set(twice) == {'mse', 'mse_interval', 'swd_32', 'swd_32_interval'}
    np.testing.assert_allclose([twice['mse'], *twice['mse_interval']], 2)
    low, high = twice['swd_32_interval']
    assert low < twice['swd_32'] < high and high - low > 0.2


def test_ratios_against_a_loop_over_drawn_pictures():
    ours, theirs = np.random.RandomState(2).exponential(size=(2, 40))
    found = ratios(Measured({'mse': ours}, []), Measured({'mse': theirs}, []))
    np.testing.assert_allclose(found['mse'], ours.sum() / theirs.sum())
    random, drawn = np.random.RandomState(3), []
    for _ in range(4000):
        chosen = random.randint(40, size=40)
        drawn.append(ours[chosen].mean() / theirs[chosen].mean())
    np.testing.assert_allclose(found['mse_interval'], np.percentile(drawn, [2.5, 97.5]), rtol=0.06)


def test_ratios_that_cannot_be_had_are_not_there():
    one, none = Measured({'mse': np.ones(1)}, []), Measured({'mse': np.zeros(1)}, [])
    assert ratios(one, one) == {'mse': 1}
    assert ratios(one, none) == {}
