"""The sample grid against one put together picture by picture, and the curves of a run."""

import io

import numpy as np

from ift6266.data.hole import split
from ift6266.evaluation.pictures import curves_figure, sample_grid


def naive_grid(context, painted, target, gap, columns):
    """The grid as a person would paste it onto white paper."""
    cell = 64 + gap
    paper = np.full((len(context) // columns * cell, columns * 3 * cell, 3), 255, np.uint8)
    for number in range(len(context)):
        for place, centre in enumerate((np.zeros_like(target[0]), painted[number], target[number])):
            picture = context[number].copy()
            picture[:, 16:48, 16:48] = centre
            top = number // columns * cell
            left = (number % columns * 3 + place) * cell
            for channel in range(3):
                paper[top : top + 64, left : left + 64, channel] = np.rint(255 * picture[channel])
    return paper


def check_grid(pictures, gap, columns):
    random = np.random.RandomState(1)
    context, target = split(random.uniform(size=(pictures, 3, 64, 64)).astype(np.float32))
    painted = random.uniform(size=target.shape).astype(np.float32)
    grid = sample_grid(context, painted, target, gap)
    assert grid.dtype == np.uint8
    np.testing.assert_array_equal(grid, naive_grid(context, painted, target, gap, columns))


def test_grid_is_hole_painted_truth_in_the_order_of_the_minibatch():
    for pictures, columns in ((1, 1), (2, 2), (3, 1), (6, 2)):
        for gap in (0, 2, 5):
            yield check_grid, pictures, gap, columns


def test_grid_leaves_its_arguments_as_they_are():
    arrays = split(np.random.RandomState(1).uniform(size=(2, 3, 64, 64)))
    context, target = (array.copy() for array in arrays)
    sample_grid(arrays[0], arrays[1] / 2, arrays[1])
    np.testing.assert_array_equal(arrays[0], context)
    np.testing.assert_array_equal(arrays[1], target)


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
