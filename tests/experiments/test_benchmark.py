"""benchmark.py: that the peer does the same work, what is counted, and how pairs are compared."""

import json
import os
import re
import sys
import unittest
from unittest.mock import patch

import lasagne
import numpy as np
import theano
from lasagne.layers import get_all_params

from experiments.benchmarking import flops
from experiments.benchmarking.minibatches import critic_minibatch, training_minibatch
from experiments.benchmarking.others import Seconds, share_of_others
from experiments.benchmarking.pairs import Comparison, compare
from experiments.benchmarking.process import Process
from experiments.benchmarking.rows import Rows
from experiments.benchmarking.shapes import SHAPES, Shape
from ift6266.backends import Backend
from ift6266.errors import InputError
from ift6266.networks.caption_generator import build_caption_generator
from ift6266.networks.critic import build_critic
from ift6266.networks.generator import build_generator
from ift6266.objectives.clipping import Clipping
from ift6266.training.optimizers import Adam
from ift6266.training.steps import compile_critic_step, compile_generator_step
from tests.support import PROJECT, input_error, require_compiler, run_script

try:
    import torch

    from experiments.benchmarking import pytorch
except ImportError:
    torch = None

BATCH, CLIP, LEARNING_RATE = 4, 0.03, 2e-3


def test_convolutions_by_both_sides():
    """A layer and its gradients are the same as PyTorch's, which computes correlations."""
    if torch is None:
        raise unittest.SkipTest('PyTorch is not installed')
    from experiments.benchmarking import ours

    for shape in (Shape(3, 4, 5, 6, 2, 1), Shape(4, 5, 3, 4, 2, 1, transposed=True)):
        maps, filters, gradient = shape.arrays(2)
        turned = Shape.arrays(shape, 2)[1][:, :, ::-1, ::-1]
        with patch.object(Shape, 'arrays', lambda *_, w=turned: (maps, w, gradient)):
            found = ours.convolution(shape, ('theano', 'float32'), 2)().values()
        with patch.object(Shape, 'arrays', lambda *_, w=filters: (maps, w, gradient)):
            result, (by_maps, by_filters) = pytorch.convolution(shape, ('eager', 'float32'), 2)()
        by_filters = by_filters.flip(2, 3)
        for left, right in zip(found, (result.detach(), by_maps, by_filters)):
            np.testing.assert_allclose(left, right.numpy(), rtol=1e-3, atol=1e-4)


def test_operations_of_convolutions():
    """Two for each weight and position, forward and in both gradients."""
    assert flops.gflop('3x3 32-32 at 64', 2) == 3 * 2 * 2 * 64**2 * 32 * 32 * 9 / 1e9
    shape = SHAPES['transposed 4x4 stride 2 192-64 at 8']
    assert shape.output_size == 16
    assert shape.flop(1) == 3 * 2 * 8**2 * 192 * 64 * 16


class TestPeer(unittest.TestCase):
    """In float64, from the same parameters: losses and gradients of a step agree.

    Adam's first moment after one step is half the gradient, as β₁ = 0.5.
    """

    def setUp(self):
        if torch is None:
            raise unittest.SkipTest('PyTorch is not installed')
        for context in (
            theano.change_flags(floatX='float64'),
            patch(
                'theano.compile.mode.instantiated_default_mode',
                theano.Mode(optimizer='fast_compile'),
            ),
        ):
            context.__enter__()
            self.addCleanup(context.__exit__, None, None, None)
        lasagne.random.set_rng(np.random.RandomState(1))
        self.adam = Adam(LEARNING_RATE)

    def assert_same_gradients(self, network, peer):
        moments = {variable.name: variable.get_value() for variable in self.adam.state}
        for param in get_all_params(network, trainable=True):
            ours = 2 * moments[param.name + '.first']
            theirs = as_ours(param.name, parameter(peer, param.name).grad)
            np.testing.assert_allclose(
                ours, theirs, rtol=0, atol=1e-9 * abs(theirs).max(), err_msg=param.name
            )

    def check_generator_step(self, build, peer_class, captions):
        generator, critic = perturbed(build()), perturbed(build_critic())
        step = compile_generator_step(generator, critic, self.adam, backend=Backend('theano'))
        wgan = pytorch.WGAN(('eager', 'float32'), peer_class)
        copy(generator, wgan.generator)
        copy(critic, wgan.critic)
        minibatch = in_float64(training_minibatch(BATCH, captions))
        losses = step(minibatch)
        ours = losses['generator_loss'], losses['train_mse']
        theirs = wgan.generator_step(*map(torch.from_numpy, minibatch.values()))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
        self.assert_same_gradients(generator, wgan.generator)

    def test_generator_step(self):
        self.check_generator_step(build_generator, pytorch.Generator, False)

    def test_generator_step_with_captions(self):
        self.check_generator_step(build_caption_generator, pytorch.CaptionGenerator, True)

    def test_critic_step(self):
        critic, wgan = perturbed(build_critic()), pytorch.WGAN(('eager', 'float32'))
        step = compile_critic_step(
            build_generator(),
            critic,
            self.adam,
            constraint=Clipping(CLIP),
            backend=Backend('theano'),
        )
        copy(critic, wgan.critic)
        minibatch = in_float64(critic_minibatch(BATCH))
        minibatch['painted'] **= 2
        centre, painted = (torch.from_numpy(minibatch[name]) for name in ('centre', 'painted'))
        theirs = wgan.critic_step(centre, painted)
        np.testing.assert_allclose(step(minibatch)['critic_loss'], theirs, rtol=1e-9)
        self.assert_same_gradients(critic, wgan.critic)
        for param in get_all_params(critic, trainable=True):
            theirs = parameter(wgan.critic, param.name)
            ours = param.get_value()
            assert abs(ours).max() == CLIP == theirs.abs().max(), param.name
            # PyTorch's Adam has its ε elsewhere, which shows where gradients are tiny.
            clear = abs(as_ours(param.name, theirs.grad)) > 1e-5
            difference = abs(ours - as_ours(param.name, theirs.detach()))[clear]
            assert clear.mean() > 0.5 and difference.max() < LEARNING_RATE / 20, param.name


def in_float64(minibatch):
    return {name: array.astype('float64') for name, array in minibatch.items()}


def parameter(peer, name):
    """The peer's parameter that is called ``name`` here: conv1.W, conv1.gamma, conv1.beta."""
    name, kind = name.split('.')
    layer = getattr(peer, name)
    if isinstance(layer, torch.nn.Sequential):
        layer = layer[0 if kind == 'W' else 1]
    return layer.bias if kind == 'beta' else layer.weight


def as_ours(name, tensor):
    """An array; filters turned by half a turn, as PyTorch's convolution is a correlation."""
    return (tensor.flip(2, 3) if name.endswith('.W') else tensor).numpy()


def perturbed(network):
    """The network with γ and β, which start at one and zero, drawn around that."""
    random = np.random.RandomState(2)
    for param in get_all_params(network, trainable=True):
        if param.ndim == 1:
            noise = random.normal(scale=0.1, size=param.get_value().shape)
            param.set_value(param.get_value() + noise)
    return network


def copy(network, peer):
    """Give the peer, in float64, all our parameters."""
    peer.double()
    given = 0
    for param in get_all_params(network, trainable=True):
        theirs = parameter(peer, param.name)
        ours = torch.from_numpy(param.get_value())
        theirs.data.copy_(ours.flip(2, 3) if ours.ndim == 4 else ours)
        given += theirs.numel()
    assert given == sum(theirs.numel() for theirs in peer.parameters())


def test_flop_of_an_l2_step():
    """Of 32 pictures, as published for this network; by hand, layer by layer, for one."""
    by_hand = 2 * (
        1536 * 32**2
        + 32768 * 16**2
        + 98304 * 8**2
        + 196608 * 4**2
        + 196608 * 4**2
        + 196608 * 8**2
        + 6144 * 16**2
    )
    assert flops.gflop('inference', 1) == by_hand / 1e9
    assert flops.gflop('l2 step', 1) == (3 * by_hand - 2 * 1536 * 32**2) / 1e9
    assert round(flops.gflop('l2 step', 32), 2) == 6.95


def test_flop_of_the_critic():
    layers = [2 * 1536 * 16**2, 2 * 32768 * 8**2, 2 * 98304 * 4**2, 2 * 196608 * 2**2, 2 * 131072]
    gradients = 2 * (3 * sum(layers) - layers[0])
    assert flops.gflop('critic step', 1) == gradients / 1e9
    assert np.isclose(
        flops.gflop('generator step', 1), flops.gflop('l2 step', 1) + 2 * sum(layers) / 1e9
    )
    assert np.isclose(
        flops.gflop('wgan iteration', 3),
        3 * (flops.gflop('inference', 1) + 5 * gradients / 1e9 + flops.gflop('generator step', 1)),
    )
    assert flops.gflop('stream', 32) is None


def test_ratios_are_those_of_pairs():
    """The machine slows down by ten for two rounds of five."""
    found = compare(
        [10, 100, 10, 100, 10], {'steady': [20, 200, 20, 200, 20], 'lucky': [90, 90, 90, 90, 10]}
    )
    assert found.form == 'steady' and found.forms == {'steady': 20, 'lucky': 90}
    assert (found.ours, found.theirs, found.ratio, found.spread) == (10, 20, 2, [2, 2])


def test_median_and_quartiles():
    found = compare([1, 1, 1, 1, 1], {'form': [1, 5, 2, 4, 3]})
    assert (found.ratio, found.spread) == (3, [2, 4])
    found = compare([2], {'form': [3]})
    assert (found.ratio, found.spread) == (1.5, [1.5, 1.5])


def test_no_peer():
    assert compare([3, 1, 2], {}) == Comparison(ours=2)


def test_share_of_others():
    before, after = Seconds(100, 60, 50), Seconds(120, 75, 60)
    assert share_of_others(before, after) == 0.25
    assert share_of_others(before, Seconds(120, 69, 60)) == 0  # clocks tick coarsely


class Scripted:
    """A process whose calls take as long as is said, in seconds; None for one that fails."""

    def __init__(self, **seconds):
        self.seconds = {
            'matrix product': 2.0,
            **{name.replace('_', ' '): value for name, value in seconds.items()},
        }

    def ask(self, request, what, *arguments):
        if request == 'gflop':
            return 3.0
        _, number = arguments
        if self.seconds[what] is None:
            raise InputError('out of order')
        return number * self.seconds[what]


def scripted_rows(notes):
    processes = {
        ('ours', 'theano'): Scripted(wgan_iteration=0.5, stream=0.5, l2_step=None),
        ('pytorch', 'eager'): Scripted(wgan_iteration=1, stream=0.25, wgan_iteration_as_notebook=2),
        ('pytorch', 'compile'): Scripted(
            wgan_iteration=None, stream=0.125, wgan_iteration_as_notebook=1.5
        ),
    }
    return Rows(
        processes,
        environment={},
        precision='float32',
        repeats=2,
        show=lambda text: None,
        note=notes.append,
    )


def test_a_row():
    """A form that fails is noted; the notebook's loop stands beside the other."""
    notes = []
    rows = scripted_rows(notes)
    (row,) = rows.measure('wgan iteration', 32)
    expected = {
        'what': 'wgan iteration',
        'backend': 'theano',
        'batch': 32,
        'precision': 'float32',
        'ms': 500,
        'torch_ms': 1000,
        'ratio': 2,
        'spread': [2, 2],
        'torch_form': 'eager',
        'torch_forms': {'eager': 1000},
        'torch_notebook_ms': 1500,
        'notebook_ratio': 3,
        'notebook_spread': [3, 3],
        'torch_notebook_form': 'compile',
        'gflop': 3,
        'share_of_peak': 3 / 0.5 / rows.peak,
    }
    assert row == expected, row
    assert rows.peak == 2 * 2048**3 / 2 / 1e9
    assert notes == ['wgan iteration without out of order'], notes


def test_the_stream_has_one_form():
    (row,) = scripted_rows([]).measure('stream', 32)
    assert row['torch_forms'] == {'eager': 250} and row['ratio'] == 0.5


def test_ours_must_not_fail():
    assert input_error(scripted_rows([]).measure, 'l2 step', 32) == 'out of order'


def absent_process():
    """One whose module with the calls is missing."""
    return Process('absent', 'form', precision='float32', environment=dict(os.environ))


def test_an_error_in_a_process_is_one_line():
    with absent_process() as process:
        line = input_error(process.ask, 'start')
        assert line.startswith('absent (form): ModuleNotFoundError'), line
        process.process.kill()
        assert 'status -9' in input_error(process.ask, 'start')


def test_a_process_ends_with_its_input():
    with absent_process() as process:
        input_error(process.ask, 'start')  # it runs
    assert process.process.returncode == 0


def test_json():
    require_compiler()
    status, printed, stderr = run_script(
        'benchmark.py',
        '--rows',
        'inference',
        '--batch-size',
        1,
        '--backend',
        'theano',
        '--repeats',
        1,
        '--json',
    )
    assert status == 0, stderr
    report = json.loads(printed)
    assert set(report) == {'machine', 'rows', 'notes'} and report['machine']['threads']
    (row,) = report['rows']
    assert (row['what'], row['backend'], row['batch']) == ('inference', 'theano', 1)
    assert row['ms'] > 0 and 0 < row['share_of_peak'] < 1
    assert row['torch_ms'] is row['ratio'] is None


def test_table():
    with patch.object(sys, 'path', [str(PROJECT / 'experiments')] + sys.path):
        from benchmark import table
    report = {
        'machine': {
            'processor': 'Abacus',
            'device': 'cpu',
            'instructions': ['beads'],
            'threads': '2',
            'peak_gflop_per_second': 1.5,
        }
    }
    report['rows'] = scripted_rows([]).measure('wgan iteration', 32)
    report['rows'] += [
        dict(
            report['rows'][0],
            what='peak memory',
            ms=None,
            mb=300,
            torch_ms=None,
            torch_mb=450,
            ratio=1.5,
            gflop=None,
            notebook_ratio=None,
        )
    ]
    first, header, *lines = table(report).splitlines()
    assert 'Abacus (beads), 2 threads, 2 GFLOP/s' in first
    assert header.split()[:3] == ['batch', 'backend', 'ours']
    cells = [re.split('  +', line.strip()) for line in lines]
    assert cells == [
        [
            'wgan iteration',
            '32',
            'theano',
            '500.00 ms',
            '1000.00 ms',
            '2.00',
            '2.00 to 2.00',
            'eager',
            '3.00',
            '{:.0%}'.format(report['rows'][0]['share_of_peak']),
        ],
        [
            'PyTorch as the notebook',
            '32',
            'theano',
            '500.00 ms',
            '1500.00 ms',
            '3.00',
            '3.00 to 3.00',
            'compile',
        ],
        ['peak memory', '32', 'theano', '300 MB', '450 MB', '1.50', '2.00 to 2.00', 'eager'],
    ]


def test_refusals():
    for option in (
        ['--rows', 'nonsense'],
        ['--batch-size', '0'],
        ['--repeats', 'x'],
        ['--backend', 'auto'],
        ['--against', 'jax'],
        ['--precision', 'float8'],
    ):
        status, printed, stderr = run_script('benchmark.py', *option)
        assert status == 2 and not printed and len(stderr.splitlines()) == 1, stderr


def test_bfloat16_takes_the_kernels():
    require_compiler()
    status, printed, stderr = run_script(
        'benchmark.py', '--backend', 'theano', '--precision', 'bfloat16', '--rows', 'inference'
    )
    assert status == 1 and not printed
    (line,) = stderr.splitlines()
    assert 'bfloat16 needs the backend cpu' in line, line


def test_the_peer_in_bfloat16():
    """Its losses are near float32's, though they are others."""
    if torch is None:
        raise unittest.SkipTest('PyTorch is not installed')
    losses = []
    for precision in ('float32', 'bfloat16'):
        torch.manual_seed(1)
        l2 = pytorch.L2(('eager', precision))
        minibatch = map(torch.from_numpy, training_minibatch(BATCH).values())
        losses.append(l2.update(*minibatch))
    assert losses[0] != losses[1] and np.isclose(*losses, rtol=0.02), losses
