"""The sample grid against one put together picture by picture, and the curves of a run."""

import io

import numpy as np

from ift6266.evaluation.pictures import curves_figure, sample_grid
from tests.evaluation.support import all_kinds, noise_minibatch, painted_noise


def naive_grid(batch, painted, gap, columns):
    """The grid as a person would paste it onto white paper."""
    cell, number = 64 + gap, len(painted)
    paper = np.full((number // columns * cell, columns * 3 * cell, 3), 255, np.uint8)
    for row in range(number):
        black = batch['picture'][row].copy()
        black[:, batch['mask'][row, 0] > 0] = 0
        for place, picture in enumerate((black, painted[row], batch['picture'][row])):
            top = row // columns * cell
            left = (row % columns * 3 + place) * cell
            for channel in range(3):
                paper[top : top + 64, left : left + 64, channel] = np.rint(255 * picture[channel])
    return paper


def check_grid(holes, gap, columns):
    batch = noise_minibatch(holes, np.float32)
    painted = painted_noise(batch)
    before = {source: array.copy() for source, array in batch.items()}
    grid = sample_grid(batch, painted, gap)
    assert grid.dtype == np.uint8
    np.testing.assert_array_equal(grid, naive_grid(batch, painted, gap, columns))
    for source, array in before.items():
        np.testing.assert_array_equal(batch[source], array)


def test_grid_is_hole_painted_truth_in_the_order_of_the_minibatch():
    holes = all_kinds()
    for pictures, columns in ((1, 1), (2, 2), (3, 1), (4, 2)):
        for gap in (0, 2, 5):
            yield check_grid, holes[:pictures], gap, columns


def record(epoch, **losses):
    return {
        'epoch': epoch,
        'seconds': 1.0,
        'train_mse': 0.1 / epoch,
        'valid_mse': 0.2 / epoch,
        'harmonic_mse': 0.03,
        **losses,
    }


def curves(axes):
    """The points of the curves in a plot by the first words of their labels."""
    return {
        line.get_label().split(':')[0]: [tuple(point) for point in line.get_xydata()]
        for line in axes.get_lines()
    }


def test_curves_of_l2_are_the_squared_errors():
    figure = curves_figure([record(1), record(2)])
    (errors,) = figure.axes
    assert curves(errors) == {
        'training': [(1, 0.1), (2, 0.05)],
        'held out': [(1, 0.2), (2, 0.1)],
        'harmonic fill, held out': [(1, 0.03), (2, 0.03)],
    }
    assert errors.get_ylabel() and errors.get_xlabel() == 'epoch' and errors.get_legend()


def test_curves_of_a_gan_begin_where_its_warm_up_ends():
    log = [
        record(1),
        record(2, critic_loss=-0.1, generator_loss=0.3),
        record(3, critic_loss=-0.2, generator_loss=0.4),
    ]
    errors, losses = curves_figure(log).axes
    assert len(curves(errors)['held out']) == 3
    assert curves(losses) == {'critic': [(2, -0.1), (3, -0.2)], 'generator': [(2, 0.3), (3, 0.4)]}
    assert losses.get_ylabel() and losses.get_xlabel() == 'epoch'
    # What is on the axis must say how to read its sign.
    assert 'below zero' in losses.get_legend().get_texts()[0].get_text()


def test_figures_are_drawn_without_a_screen():
    for log in ([record(1)], [record(1, critic_loss=-0.1, generator_loss=0.3)]):
        file = io.BytesIO()
        curves_figure(log).savefig(file)
        assert file.getvalue().startswith(b'\x89PNG')
