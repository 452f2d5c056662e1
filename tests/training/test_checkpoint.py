"""Going on after a stop gives, bit for bit, the run that was never interrupted."""

import json
import os
from pathlib import Path

import numpy as np

from ift6266.arrays import read_arrays, write_arrays
from ift6266.data.streams import training_stream
from ift6266.training.algorithms import Adversarial, Reconstruction, WarmUp
from ift6266.training.checkpoint import load_checkpoint, save_checkpoint
from ift6266.training.extensions import Checkpoint, LinearDecay
from ift6266.training.main_loop import Extension, MainLoop
from ift6266.training.optimizers import Adam
from ift6266.training.run import seed_weights, shared_scalar
from tests.support import in_folder, input_error
from tests.training.support import counting_loop, save_pictures, small_critic, small_generator


class Stop(Extension):
    """Ends the run after so many iterations, as a signal does or as ``kill -9``."""

    def __init__(self, iterations, killed):
        self.iterations, self.killed = iterations, killed

    def after_iteration(self, loop):
        if loop.iterations_done == self.iterations:
            loop.interrupted = True
            if self.killed:
                raise KeyboardInterrupt


def warmed_up_gan():
    """Everything that there is to save: both algorithms, with two networks."""
    rate = shared_scalar(1e-2)
    generator = small_generator()
    gan = Adversarial(
        generator,
        small_critic(),
        generator_optimizer=Adam(rate),
        critic_optimizer=Adam(rate),
        critic_steps=2,
    )
    return WarmUp(Reconstruction(generator, Adam(rate)), 1, gan), rate


class TestResume:
    @classmethod
    def setup_class(cls):
        # Compiled once; each run begins from the values of this moment.
        seed_weights(3)
        cls.algorithm, cls.rate = warmed_up_gan()
        cls.initial = [
            (variable, variable.get_value())
            for variables in cls.algorithm.state.values()
            for variable in variables
        ]

    def run(self, data, path, *extensions, resume=False):
        self.rate.set_value(np.asarray(1e-2, self.rate.dtype))
        for variable, value in self.initial:
            variable.set_value(value + 1 if resume else value)
        stream = training_stream(data, batch_size=8, flips=True)
        loop = MainLoop(
            self.algorithm,
            stream,
            epochs=3,
            extensions=[LinearDecay(self.rate, 0, 3), *extensions, Checkpoint(path)],
        )
        if resume:
            load_checkpoint(path, loop)
        try:
            loop.run()
        except KeyboardInterrupt:
            pass
        return loop

    def check(self, folder, stop):
        data = save_pictures(folder)
        whole, parts = Path(folder, 'whole.npz'), Path(folder, 'parts.npz')
        loop = self.run(data, whole)
        self.run(data, parts, stop)
        resumed = self.run(data, parts, resume=True)
        expected, found = read_arrays(whole), read_arrays(parts)
        assert expected.pop('progress') != found.pop('progress')  # the times differ
        assert expected.keys() == found.keys()
        for name in expected:
            np.testing.assert_array_equal(expected[name], found[name], name)
        for one, other in zip(loop.log, resumed.log):
            for name in set(one) - {'seconds', 'examples_per_second'}:
                assert one[name] == other[name], name

    @in_folder
    def test_after_a_signal_in_the_warm_up(self, folder):
        self.check(folder, Stop(2, killed=False))

    @in_folder
    def test_after_a_signal_at_the_end_of_an_epoch(self, folder):
        self.check(folder, Stop(6, killed=False))

    @in_folder
    def test_after_a_kill(self, folder):
        self.check(folder, Stop(8, killed=True))


@in_folder
def test_bad_checkpoints_change_nothing(folder):
    path = Path(folder, 'checkpoint.npz')
    loop = counting_loop()
    loop.run()
    save_checkpoint(path, loop)
    other = counting_loop()
    other.algorithm.state = {'generator': small_generator().get_params()}
    before = other.algorithm.state['generator'][0].get_value()
    assert 'conv2.W" is missing' in input_error(load_checkpoint, path, other)
    record = {'epoch': 1, 'seconds': 0.5}
    for name, *values in (
        ('epoch', 'two', 0, 3, 10**30),
        ('iteration', -1, 5),
        ('totals', None, {'loss': '1'}, {'loss': 10**400}),
        ('seconds', [1]),
        ('log', {}, [[]], [{**record, 'epoch': 2}], [{'seconds': 0.5}], [{**record, 'loss': '1'}]),
    ):
        for value in values:
            progress = {'epoch': 2, 'iteration': 4, 'totals': {}, 'seconds': 0.5, 'log': [record]}
            damaged = Path(folder, 'damaged.npz')
            write_arrays(damaged, {'progress': np.array(json.dumps({**progress, name: value}))})
            assert 'is no checkpoint' in input_error(load_checkpoint, damaged, counting_loop())
    write_arrays(damaged, {'progress': np.array(json.dumps(progress | {'log': [record]}))})
    load_checkpoint(damaged, counting_loop())
    write_arrays(damaged, {'progress': np.array(10**5 * '[')})
    assert 'is no checkpoint' in input_error(load_checkpoint, damaged, counting_loop())
    path.write_bytes(path.read_bytes()[:200])
    assert 'not a whole .npz' in input_error(load_checkpoint, path, other)
    assert 'no such file' in input_error(load_checkpoint, os.path.join(folder, 'absent'), other)
    assert (other.epoch, other.log) == (1, [])
    np.testing.assert_array_equal(before, other.algorithm.state['generator'][0].get_value())
