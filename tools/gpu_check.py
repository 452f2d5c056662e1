"""Checks the project on a GPU in some minutes, and writes what it finds to one JSON file.

    python tools/gpu_check.py --dataset natural64 --output gpu.json

The parts: 'fidelity', each compiled function against Theano's own on the processor; 'gradients',
an L2 step with XLA's own gradients of convolutions and with those that serve processors;
'benchmark', beside the forms of PyTorch in each precision; 'runs', three epochs of run_l2.py and
one of run_gan.py.  A part that fails is named at the end, and the others are done.  With
``--device cpu`` it tries itself out where there is no GPU.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path
from unittest.mock import patch

PROJECT = Path(__file__).resolve().parents[1]
EXPERIMENTS = PROJECT / 'experiments'
sys.path[:0] = [str(PROJECT), str(EXPERIMENTS)]  # in a checkout without an environment, too

from ift6266.backends import PRECISIONS, Backend  # noqa: E402

ROWS = ('l2 step', 'wgan iteration', 'inference')
TOLERANCE = 1e-4  # of a gradient, relative to its norm
BATCH, CALLS = 32, 50
DRAWS = 1, 2, 3  # seeds of weights


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    parser.add_argument('--output', type=Path, default=Path('gpu.json'), metavar='FILE')
    parser.add_argument('--dataset', default='natural64', metavar='NAME|FILE')
    parser.add_argument('--device', choices=('gpu', 'cpu'), default='gpu')
    parser.add_argument('--parts', nargs='+', choices=PARTS, default=list(PARTS))
    parser.add_argument('--limit', metavar='N', help='train on so many pictures alone')
    parser.add_argument('--batch-size', nargs='+', default=['32', '256'], metavar='N')
    options = parser.parse_args()
    report, failed = {'machine': machine(options.device)}, []
    for name in options.parts:
        started = time.monotonic()
        print(f'{name} …', file=sys.stderr, flush=True)
        try:
            report[name] = PARTS[name](options)
        except Exception as error:  # the other parts are worth having
            report[name] = {'error': ' '.join(str(error).split())[-2000:]}
            failed.append(name)
        print(f'{name}: {time.monotonic() - started:.0f} s', file=sys.stderr, flush=True)
        options.output.write_text(json.dumps(report, indent=1) + '\n')
    if failed:
        print(f'gpu_check.py: error: failed: {", ".join(failed)}', file=sys.stderr)
    return int(bool(failed))


def machine(device: str) -> dict:
    """What the figures depend on."""
    import jax

    card = jax.local_devices()[0].device_kind
    if jax.default_backend() != device:
        raise SystemExit(f'gpu_check.py: error: JAX sees no {device} here, but {card}')
    versions = {name: metadata.version(name) for name in ('jax', 'numpy', 'theano')}
    return {'device': card, 'python': sys.version.split()[0], **versions}


def fidelity(options) -> dict[str, float]:
    """The difference of each function by XLA from Theano's, relative to the norm of its results.

    The smallest of some draws of weights: in one a rectifier may turn that is all but at zero, as
    float32 and float64 differ, too.  What is wrong is wrong in all.
    """
    differences = {}
    for generator in ('generator', 'caption_generator'):
        ours, theirs = (System(generator, Backend(name)) for name in ('xla', 'theano'))
        draws = [compare(ours.results(seed), theirs.results(seed)) for seed in DRAWS]
        for name in draws[0]:
            differences[f'{generator}: {name}'] = min(draw[name] for draw in draws)
    wrong = [name for name, difference in differences.items() if not difference <= TOLERANCE]
    if wrong:
        raise AssertionError(f'{wrong} differ by more than {TOLERANCE}: {differences}')
    return differences


class System:
    """A generator and a critic, with all functions of their training by one backend."""

    def __init__(self, generator: str, backend: Backend):
        from benchmarking.minibatches import critic_minibatch, training_minibatch

        from ift6266.inpainter import compile_output
        from ift6266.networks import CRITICS, GENERATORS
        from ift6266.networks.sources import input_vars
        from ift6266.training import Adam, Adversarial, Reconstruction

        self.build = lambda: (GENERATORS[generator](), CRITICS['critic']())
        self.networks = network, critic = self.build()
        self.sources = list(input_vars(network))
        captions = 'caption' in self.sources
        self.minibatch = {**critic_minibatch(BATCH), **training_minibatch(BATCH, captions)}
        adams = [Adam(2e-3) for _ in range(3)]
        l2 = Reconstruction(network, adams[0], backend=backend)
        gan = Adversarial(
            network,
            critic,
            generator_optimizer=adams[1],
            critic_optimizer=adams[2],
            backend=backend,
        )
        self.infer, self.paint = compile_output(network, backend), gan.paint
        steps = l2.step, gan.generator_step, gan.critic_step
        names = 'reconstruction step', 'generator step', 'critic step'
        self.steps = {name: each for name, *each in zip(names, steps, adams)}

    def results(self, seed: int) -> dict[str, list]:
        """What each function computes from the weights drawn by a seed: its result, or gradients.

        Gradients are in Adam's first moments, whose share of the first gradient is 1 − β₁.
        """
        self._draw(seed)
        found = {
            'inference': [self.infer(*(self.minibatch[name] for name in self.sources))],
            'painting': [self.paint(self.minibatch)],
        }
        for name, (step, adam) in self.steps.items():
            self._draw(seed)
            step(self.minibatch)
            found[name] = [
                moment.get_value() for moment in adam.state if moment.name.endswith('.first')
            ]
        return found

    def _draw(self, seed):
        """Let all be as before the first update."""
        from lasagne.layers import get_all_param_values, set_all_param_values

        from ift6266.training.run import seed_weights

        seed_weights(seed)
        for network, new in zip(self.networks, self.build()):
            set_all_param_values(network, get_all_param_values(new))
        for _, adam in self.steps.values():
            for variable in adam.state:
                variable.set_value(0 * variable.get_value())


def compare(ours: dict[str, list], theirs: dict[str, list]) -> dict[str, float]:
    """The difference of each function's arrays, all together, relative to the norm of theirs."""
    import numpy as np

    def flat(arrays):
        return np.concatenate([np.asarray(array, 'float64').ravel() for array in arrays])

    return {
        name: float(np.linalg.norm(flat(ours[name]) - flat(arrays)) / np.linalg.norm(flat(arrays)))
        for name, arrays in theirs.items()
    }


def gradients(options) -> dict[str, float]:
    """Milliseconds of an L2 step with either kind of gradients of convolutions."""
    from benchmarking import ours
    from benchmarking.server import Server

    from ift6266.backends.xla.convolution import Geometry

    found = {}
    for name, composed in (("XLA's own", False), ('composed', True)):
        ours.l2.cache_clear()
        with patch.object(Geometry, 'composes_gradients', composed):
            server = Server('ours', 'xla', 'float32')
            server.run('l2 step', BATCH, 1)
            found[name] = 1000 * server.run('l2 step', BATCH, CALLS) / CALLS
    return found


def benchmark(options) -> dict[str, dict]:
    """The reports of benchmark.py by precision."""
    precisions = PRECISIONS if options.device == 'gpu' else ('float32',)
    more = ('peak memory', 'first update warm')
    return {
        precision: json.loads(
            script(
                'benchmark.py',
                *('--device', options.device, '--backend', 'xla', '--against', 'torch'),
                *('--precision', precision, '--json', '--batch-size', *options.batch_size),
                *('--rows', *ROWS, *(more if precision == 'float32' else ())),
            )
        )
        for precision in precisions
    }


def runs(options) -> dict[str, list]:
    """The logs of whole runs, an epoch's record for each."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, epochs in (('run_l2.py', 3), ('run_gan.py', 1)):
            output = Path(folder, name)
            limit = ('--limit', options.limit) if options.limit else ()
            script(
                name,
                *('--dataset', options.dataset, '--epochs', epochs, '--backend', 'xla'),
                *('--output', output, *limit),
            )
            found[name] = [json.loads(line) for line in open(output / 'log.jsonl')]
    return found


def script(name: str, *arguments) -> str:
    """What a script prints; its messages go to stderr."""
    command = [sys.executable, str(EXPERIMENTS / name), *map(str, arguments)]
    done = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise RuntimeError(f'{name} ended with status {done.returncode}')
    return done.stdout


PARTS = {'fidelity': fidelity, 'gradients': gradients, 'benchmark': benchmark, 'runs': runs}

if __name__ == '__main__':
    sys.exit(main())
