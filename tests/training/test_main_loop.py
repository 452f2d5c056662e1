"""The main loop: what it trains on, in which order it calls, where it stops."""

import numpy as np
import theano

from ift6266.training.main_loop import Extension
from tests.training.support import counting_loop


class Recorder(Extension):
    def __init__(self):
        self.events = []

    def before_training(self, loop):
        self.events.append('begin')

    def before_iteration(self, loop):
        self.events.append((loop.epoch, loop.iteration))

    def after_epoch(self, loop):
        self.events.append(loop.log[-1]['epoch'])

    def after_training(self, loop):
        self.events.append('end')


class Interrupt(Extension):
    def __init__(self, epoch, iteration):
        self.when = epoch, iteration

    def after_iteration(self, loop):
        loop.interrupted = (loop.epoch, loop.iteration) == self.when


def test_events_in_order():
    recorder = Recorder()
    counting_loop(recorder).run()
    assert recorder.events == [
        'begin',
        (1, 0),
        (1, 1),
        (1, 2),
        (1, 3),
        1,
        (2, 0),
        (2, 1),
        (2, 2),
        (2, 3),
        2,
        'end',
    ]


def test_record_of_an_epoch():
    loop = counting_loop()
    loop.run()
    first, second = loop.log
    assert (first['epoch'], first['loss']) == (1, (10 + 11 + 12 + 13) / 4)
    assert (second['epoch'], second['loss']) == (2, (20 + 21 + 22 + 23) / 4)
    assert abs(first['examples_per_second'] * first['seconds'] - 20) < 1e-6


def test_interrupted_after_any_iteration_goes_on_where_it_was():
    whole = counting_loop()
    whole.run()
    for epoch in 1, 2:
        for iteration in 1, 2, 3, 4:
            loop = counting_loop(Interrupt(epoch, iteration))
            loop.run()
            assert loop.iterations_done == 4 * (epoch - 1) + iteration
            assert loop.algorithm.seen == whole.algorithm.seen[: loop.iterations_done]
            loop.interrupted, loop.extensions = False, []
            loop.run()
            assert loop.algorithm.seen == whole.algorithm.seen
            assert [record['loss'] for record in loop.log] == [11.5, 21.5]


def test_what_began_before_an_error_is_ended():
    class Fail(Extension):
        def before_training(self, loop):
            raise ZeroDivisionError

        def after_training(self, loop):
            raise AssertionError('it did not begin')

    recorder = Recorder()
    try:
        counting_loop(recorder, Fail()).run()
    except ZeroDivisionError:
        assert recorder.events == ['begin', 'end']
    else:
        raise AssertionError('the error was lost')


def test_end_is_told_after_an_error():
    class Fail(Extension):
        def after_iteration(self, loop):
            raise ZeroDivisionError

    recorder = Recorder()
    try:
        counting_loop(recorder, Fail()).run()
    except ZeroDivisionError:
        assert recorder.events == ['begin', (1, 0), 'end']
    else:
        raise AssertionError('the error was lost')


class Late:
    """A loss that is computed when it is read."""

    def __init__(self, value, queue):
        self.value, self.queue = value, queue
        queue.append(self)

    def __float__(self):
        self.queue.remove(self)
        return self.value


def test_losses_that_a_device_still_computes_are_read_later():
    queue, lengths = [], []

    class Note(Extension):
        def after_iteration(self, loop):
            lengths.append(len(queue))

        def after_losses(self, loop):
            assert loop.losses['loss'] == 10 * loop.epoch + loop.iteration_of_losses - 1

    for ahead, expected in ((0, 4 * [0]), (3, [1, 2, 3, 3])):
        lengths.clear()
        loop = counting_loop(Note())
        loop.ahead = ahead
        update = loop.algorithm.update
        loop.algorithm.update = lambda minibatch, update=update: {
            'loss': Late(update(minibatch)['loss'], queue)
        }
        loop.run()
        assert lengths == 2 * expected and not queue
        assert [record['loss'] for record in loop.log] == [11.5, 21.5]


def test_iterations_in_one_call():
    """With the scalars of each; the last iterations of an epoch are single."""
    rate = theano.shared(np.float32(0))
    calls = []

    class Schedule(Extension):
        scalars = (rate,)

        def before_iteration(self, loop):
            rate.set_value(np.float32(loop.iterations_done))

    class Program:
        def __call__(self, minibatch):
            return self.each([minibatch], {rate: [rate.get_value()]})

        def each(self, minibatches, scalars):
            calls.append(list(zip(minibatches, map(float, scalars[rate]))))
            return {'loss': np.array(minibatches)}

    for interrupts in (False, True):
        calls.clear()
        loop = counting_loop(Schedule(), Interrupt(1, 6) if interrupts else Extension())
        loop.at_once, loop.stream.iterations_per_epoch = 3, 7
        loop.algorithm.update = Program()
        loop.run()
        loop.interrupted = False
        loop.run()
        assert [len(call) for call in calls] == 2 * [3, 3, 1]
        assert sum(calls, []) == [
            (10.0 * epoch + n, 7.0 * (epoch - 1) + n) for epoch in (1, 2) for n in range(7)
        ]
        assert [record['loss'] for record in loop.log] == [13, 23]
