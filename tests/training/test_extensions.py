"""Extensions: files, the learning rate, signals, losses that are not finite."""

import json
import os
import signal
from pathlib import Path

import numpy as np
import theano
from lasagne.layers import get_all_params
from PIL import Image

from ift6266.arrays import read_arrays
from ift6266.holes import centre
from ift6266.networks.architecture import Architecture
from ift6266.networks.weights import load_network
from ift6266.training.checkpoint import load_checkpoint
from ift6266.training.extensions import (
    BestModel,
    Checkpoint,
    CosineDecay,
    Curves,
    Evaluation,
    LastModel,
    LinearDecay,
    LinearRise,
    Log,
    Samples,
    StopOnDivergence,
    StopOnSignal,
)
from ift6266.training.main_loop import Extension
from tests.support import in_folder, input_error
from tests.training.support import counting_loop


class Note(Extension):
    """Collects what a function of the loop gives in each iteration."""

    def __init__(self, function):
        self.function, self.values = function, []

    def after_iteration(self, loop):
        self.values.append(self.function(loop))


def with_valid_mse(*values):
    """An extension that adds these held-out errors to the records."""

    class ValidMSE(Extension):
        def after_epoch(self, loop):
            loop.log[-1]['valid_mse'] = values[loop.log[-1]['epoch'] - 1]

    return ValidMSE()


def scheduled(scalar, schedule):
    """The values of a scalar in eight iterations, four in each epoch."""
    values = Note(lambda loop: float(scalar.get_value()))
    counting_loop(schedule, values).run()
    return values.values


def test_linear_decay_starts_in_the_middle_and_ends_at_zero():
    rate = theano.shared(np.float32(0.5))
    # Eight iterations; the ninth, which is not done any more, would have rate 0.
    np.testing.assert_allclose(
        scheduled(rate, LinearDecay(rate, 0, 2)), [0.5, 0.5, 0.5, 0.5, 0.5, 0.375, 0.25, 0.125]
    )


def test_linear_decay_of_a_span_of_epochs():
    rate = theano.shared(np.float32(0.5))
    np.testing.assert_allclose(
        scheduled(rate, LinearDecay(rate, 1, 2)), [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25]
    )
    rate = theano.shared(np.float32(0.5))
    np.testing.assert_allclose(
        scheduled(rate, LinearDecay(rate, 0, 1)), [0.5, 0.5, 0.5, 0.25, 0, 0, 0, 0]
    )


def test_cosine_decay():
    rate = theano.shared(np.float32(0.5))
    passed = np.clip((np.arange(8) / 4 - 0.5) / 1.5, 0, 1)
    np.testing.assert_allclose(
        scheduled(rate, CosineDecay(rate, 0.5, 2)), 0.25 * (1 + np.cos(np.pi * passed)), rtol=1e-6
    )


def test_linear_rise():
    weight = theano.shared(np.float32(2))
    np.testing.assert_allclose(
        scheduled(weight, LinearRise(weight, 0, 1)), [0, 0.5, 1, 1.5, 2, 2, 2, 2]
    )
    weight = theano.shared(np.float32(2))
    np.testing.assert_allclose(
        scheduled(weight, LinearRise(weight, 1, 3))[4:], [0, 0.25, 0.5, 0.75]
    )


def test_signals_end_the_run_after_the_iteration():
    for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
        before = signal.signal(number, signal.SIG_DFL)  # the tests may run by nohup
        stop = StopOnSignal()
        loop = counting_loop(stop, Note(lambda loop: signal.raise_signal(number)))
        loop.run()
        assert stop.received == number
        assert loop.iterations_done == 1
        assert signal.signal(number, before) == signal.SIG_DFL


def test_nohup_is_respected():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        stop = StopOnSignal()
        loop = counting_loop(stop, Note(lambda loop: signal.raise_signal(signal.SIGHUP)))
        loop.run()
        assert not stop.received and loop.epoch == 3
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_loss_that_is_not_finite_stops_the_run():
    class Spoil(Extension):
        def after_losses(self, loop):
            if (loop.epoch, loop.iteration_of_losses) == (2, 2):
                loop.losses = {'critic_loss': float('nan')}

    loop = counting_loop(Spoil(), StopOnDivergence())
    message = input_error(loop.run)
    assert 'critic_loss is nan at iteration 2 of epoch 2' in message
    assert 'lower --learning-rate' in message


@in_folder
def test_divergence_that_shows_after_an_epoch_leaves_what_was_good(folder):
    """In what is measured, or in what would be saved."""
    architecture = Architecture('generator')
    path, log = Path(folder, 'generator.npz'), Path(folder, 'log.jsonl')
    for value, spoiled, name in ((np.nan, 0, 'valid_mse'), (0.1, np.inf, 'conv1.W')):
        generator = architecture.build()
        params = get_all_params(generator)

        class Spoil(Extension):
            def after_epoch(self, loop):
                if loop.log[-1]['epoch'] == 2 and spoiled:
                    params[0].set_value(np.full_like(params[0].get_value(), spoiled))

        loop = counting_loop(
            with_valid_mse(0.2, value),
            Spoil(),
            StopOnDivergence(),
            Log(log),
            BestModel(path, generator, architecture),
            Checkpoint(Path(folder, 'checkpoint.npz')),
        )
        loop.algorithm.state = {'generator': params}
        message = input_error(loop.run)
        assert name in message and 'lower --learning-rate' in message, message
        (record,) = log.read_text().splitlines()
        assert json.loads(record)['epoch'] == 1
        load_network(path)
        load_checkpoint(Path(folder, 'checkpoint.npz'), loop)
        assert loop.epoch == 2 and len(loop.log) == 1


@in_folder
def test_no_checkpoint_of_what_is_not_finite(folder):
    variable, path = theano.shared(np.float32(1), 'weight'), Path(folder, 'checkpoint.npz')

    class Spoil(Extension):
        def after_iteration(self, loop):
            variable.set_value(np.float32('nan'))
            loop.interrupted = True

    loop = counting_loop(Spoil(), Checkpoint(path))
    loop.algorithm.state = {'generator': [variable]}
    assert 'weight of the generator' in input_error(loop.run)
    assert read_arrays(path)['generator/weight'] == 1


@in_folder
def test_log_stays_json_where_a_fill_is_exact(folder):
    class Exact(Extension):
        def after_epoch(self, loop):
            loop.log[-1].update(harmonic_mse=0.0, harmonic_psnr=float('inf'))

    path = Path(folder, 'log.jsonl')
    counting_loop(Exact(), Log(path)).run()
    for line in path.read_text().splitlines():
        record = json.loads(line, parse_constant=lambda name: 1 / 0)
        assert record['harmonic_psnr'] is None and record['harmonic_mse'] == 0


@in_folder
def test_log_is_one_object_an_epoch(folder):
    path = Path(folder, 'log.jsonl')
    loop = counting_loop(Log(path))
    loop.run()
    assert [json.loads(line) for line in path.read_text().splitlines()] == loop.log
    assert [record['epoch'] for record in loop.log] == [1, 2]


@in_folder
def test_the_model_kept_is_the_best_or_the_last(folder):
    architecture = Architecture('generator')
    generator = architecture.build()

    class Mark(Extension):
        def after_epoch(self, loop):
            generator.W.set_value(np.full_like(generator.W.get_value(), loop.log[-1]['epoch']))

    best, last = Path(folder, 'best.npz'), Path(folder, 'last.npz')
    counting_loop(
        with_valid_mse(3, 1, 2, 1),
        Mark(),
        BestModel(best, generator, architecture),
        LastModel(last, generator, architecture, companions={'a/b': np.ones(3)}),
        epochs=4,
    ).run()
    assert (load_network(best).W.get_value() == 2).all()
    assert (load_network(last).W.get_value() == 4).all()
    assert read_arrays(last)['a/b'].tolist() == [1, 1, 1]


@in_folder
def test_a_model_is_better_than_one_without_a_measure(folder):
    architecture = Architecture('generator')
    path = Path(folder, 'generator.npz')
    loop = counting_loop(
        with_valid_mse(None, 1), BestModel(path, architecture.build(), architecture)
    )
    loop.epoch, loop.log = 2, [{'epoch': 1}]
    loop.run()
    load_network(path)


@in_folder
def test_evaluation_samples_and_curves(folder):
    mask = np.tile(centre().astype('float32'), (5, 1, 1, 1))
    whole = {
        'context': np.zeros((5, 3, 64, 64), 'float32'),
        'mask': mask,
        'picture': mask * np.ones((5, 3, 64, 64), 'float32'),
    }
    stream = [whole, {source: array[:3] for source, array in whole.items()}]

    def half(minibatch):
        return minibatch['context'] + minibatch['mask'] / 2

    samples = Samples(half, stream[0], Path(folder, 'samples'))
    loop = counting_loop(Evaluation(half, stream), samples, Curves(Path(folder, 'curves.png')))
    loop.run()
    record = loop.log[-1]
    assert (record['valid_mse'], record['harmonic_mse']) == (0.25, 1)  # the harmonic fill is 0
    np.testing.assert_allclose(record['valid_psnr'], 6.0206, atol=1e-4)
    assert sorted(os.listdir(os.path.join(folder, 'samples'))) == ['epoch_001.png', 'epoch_002.png']
    pixels = np.asarray(Image.open(os.path.join(folder, 'samples', 'epoch_001.png')))
    hole, painted, truth = (pixels[32, column] for column in (32, 66 + 32, 2 * 66 + 32))
    assert hole.max() == 0 and painted.min() == painted.max() == 128 and truth.min() == 255
    assert min(Image.open(os.path.join(folder, 'curves.png')).size) >= 400
