"""The notebooks run from the first cell to the last, on a small data set and a small run."""

import contextlib
import io
import json
import os
import re
import sys
import tempfile
import unittest
from pathlib import Path
from unittest.mock import patch

import nbformat
import numpy as np
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from lasagne.layers import get_all_params
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from PIL import Image

from ift6266.captions.embedding import count_words, fit_embedding
from ift6266.captions.tokens import tokenize
from ift6266.data.converters.base import save_pictures
from ift6266.data.pictures import Picture
from ift6266.evaluation.fills.harmonic import harmonic_fill
from ift6266.evaluation.pictures import sample_grid
from ift6266.networks.architecture import Architecture
from ift6266.networks.weights import save_network
from ift6266.training.run_directory import RunDirectory
from tests.evaluation.support import minibatch

NOTEBOOKS = Path(__file__).resolve().parents[1] / 'notebooks'
FIGURES = {
    'captions': {'similarities', 'same', 'others'},
    'data': {'minibatch', 'pixels', 'flips', 'harmonic', 'errors'},
    'run': {'curves', 'samples', 'heldout', 'best', 'worst', 'filters'},
}


class OwnKernel(AsyncKernelManager):
    """Starts the kernel of the Python that asks, whatever kernels are installed elsewhere."""

    def _kernel_spec_manager_default(self):
        return KernelSpecManager(kernel_dirs=[])


def read(name):
    return nbformat.read(str(NOTEBOOKS / (name + '.ipynb')), as_version=4)


def code_cells(notebook):
    return {cell.id: cell for cell in notebook.cells if cell.cell_type == 'code'}


def execute(name, folder, dataset=None, run=None):
    """The code cells of a notebook, by their ids, run in this Python and with default settings."""
    variables = {'IFT6266_DATASET': dataset, 'IFT6266_RUN': run}
    env = {key: value for key, value in os.environ.items() if key not in variables}
    env.update(
        {key: str(value) for key, value in variables.items() if value is not None},
        IPYTHONDIR=os.path.join(folder, 'ipython'),
        MPLCONFIGDIR=os.path.join(folder, 'matplotlib'),
    )
    notebook = read(name)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name='python3',
        kernel_manager_class=OwnKernel,
        resources={'metadata': {'path': str(NOTEBOOKS)}},
    )
    client.execute(env=env)
    return code_cells(notebook)


def make_dataset(folder, captions=None):
    """Path of a data set of shaded pictures, 40 to train on and 12 held out."""
    rows, columns = np.mgrid[:64, :64] / 63
    random = np.random.RandomState(1)
    shades = random.uniform(-0.5, 0.5, (52, 3, 2, 1, 1)) * [rows - 0.5, columns - 0.5]
    images = 0.5 + shades.sum(axis=2) + random.uniform(-0.1, 0.1, (52, 3, 64, 64))
    pictures = [
        (f'café_$x_{number:03}', Picture(image, None))
        for number, image in enumerate((255 * images.clip(0, 1)).astype('uint8'))
    ]
    with contextlib.redirect_stderr(io.StringIO()):
        (path,) = save_pictures(
            pictures,
            folder,
            'small.hdf5',
            assign=lambda paths: 40 * ['train'] + 12 * ['valid'],
            captions=captions and captions.get,
        )
    return path, images[40:].astype('float32')


def make_captions():
    """Two captions for each of those pictures, but none for the last; zebras are in one alone."""
    words = 'red green blue bus cat bridge large small left right'.split()
    captions = {}
    for number in range(51):
        first, second = words[number % 10], words[number // 5 % 10]
        captions[f'café_$x_{number:03}'] = [f'A {first} {second}.', f'The {second} costs $5 or $6.']
    captions['café_$x_040'][0] = 'Zebras.'
    return captions


def make_embedding(captions):
    """An embedding of pictures' captions by random vectors, all words being as frequent."""
    counts = count_words([tokenize(line) for lines in captions for line in lines])
    vectors = np.random.RandomState(2).normal(size=(len(counts.words), 300)).astype('float32')
    return fit_embedding(
        counts.matrix,
        vocabulary=counts.words,
        word_vectors=vectors,
        probabilities=np.full(len(vectors), 1e-3),
        settings={'vectors': 'random'},
    )


def make_generator(kind):
    """An untrained generator that paints with strong contrasts, so that captions show."""
    generator = Architecture(kind).build()
    for param in get_all_params(generator):
        if param.name.startswith('tconv') and param.name.endswith('.W'):
            param.set_value(4 * param.get_value())
    return generator


def make_run(folder, dataset, images, kind='generator', **companions):
    """A run directory as three epochs of a GAN after one of L2 alone leave it."""
    run = RunDirectory(Path(folder, 'run'))
    run.begin({'dataset': dataset, 'epochs': 4, 'critic_steps': 5, 'limit': None})
    log = [
        {
            'epoch': epoch,
            'seconds': 9.5,
            'examples_per_second': 300.0,
            'train_mse': 0.1 / epoch,
            'valid_mse': 0.2 / epoch,
            'valid_psnr': 10.0 + epoch,
            'harmonic_mse': 0.03,
            'harmonic_psnr': 15.2,
        }
        for epoch in range(1, 5)
    ]
    for record in log[1:]:
        record.update(critic_loss=-0.01, generator_loss=0.05)
    run.log.write_text(''.join(json.dumps(record) + '\n' for record in log))
    run.samples.mkdir()
    batch = minibatch(images)
    grid = sample_grid(batch, harmonic_fill(batch['context'], batch['mask']))
    for record in log:
        path = run.samples / 'epoch_{:03}.png'.format(record['epoch'])
        Image.fromarray(grid).save(str(path))
    save_network(run.generator, make_generator(kind), Architecture(kind), companions=companions)
    return run.path


def text(cell):
    return ''.join(output.text for output in cell.outputs if output.output_type == 'stream')


def errors(cell):
    """The mean squared errors that a cell prints, by what stands before them."""
    return {name: float(error) for name, error in re.findall(r'(\S.*): MSE ([^ ,]+),', text(cell))}


class TestNotebooks(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def execute(self, name, **parameters):
        cells = execute(name, self.folder, **parameters)
        drawn = {
            id
            for id, cell in cells.items()
            if any('image/png' in output.get('data', {}) for output in cell.outputs)
        }
        self.assertEqual(drawn, FIGURES[name])
        for cell in cells.values():
            self.assertNotIn('Warning:', text(cell))
        return cells

    def test_data(self):
        captions = {
            f'café_$x_{number:03}': ['A cat.', 'It costs $5 or $6.'] for number in range(52)
        }
        dataset, _ = make_dataset(self.folder, captions)
        cells = self.execute('data', dataset=dataset)
        self.assertIn('train     40 pictures', text(cells['splits']))
        self.assertIn('valid     12 pictures', text(cells['splits']))
        self.assertIn('context: (8, 3, 64, 64) float32', text(cells['minibatch']))
        self.assertIn('It costs $5 or $6.', text(cells['captions']))

    def test_run(self):
        dataset, images = make_dataset(self.folder)
        cells = self.execute('run', run=make_run(self.folder, dataset, images))
        self.assertIn('critic steps: 5', text(cells['config']))
        self.assertEqual(len(text(cells['log']).splitlines()), 1 + 4)
        self.assertIn('of 12 pictures', text(cells['heldout']))

    def test_run_of_a_model_of_the_package(self):
        dataset, _ = make_dataset(self.folder)
        drawn = {**FIGURES, 'run': FIGURES['run'] - {'samples'}}
        with patch.dict(FIGURES, drawn):
            cells = self.execute('run', run='l2', dataset=dataset)
        self.assertIn('dataset: natural64', text(cells['config']))
        self.assertIn('l2 comes without samples', text(cells['samples']))
        self.assertIn('of 12 pictures', text(cells['heldout']))

    def test_captions(self):
        captions = make_captions()
        dataset, images = make_dataset(self.folder, captions)
        embedding = make_embedding(list(captions.values())[:40])
        run = make_run(self.folder, dataset, images, 'caption_generator', **embedding.companions())
        cells = self.execute('captions', run=run)
        self.assertIn('vectors: random', text(cells['run']))
        self.assertIn('12 held-out pictures, 11 of them with captions', text(cells['pictures']))
        self.assertIn('unknown words, skipped: zebras', text(cells['sentences']))
        self.assertIn('costs 0.50', text(cells['sentences']))
        found = errors(cells['errors'])
        self.assertEqual(
            list(found), ['own captions', 'captions of others', 'mean caption', 'harmonic fill']
        )
        self.assertTrue(all(0 < error < 1 for error in found.values()), found)
        self.assertNotEqual(found['mean caption'], found['own captions'])
        cells = self.execute('run', run=run)
        self.assertIn('11 of 12 pictures have captions', text(cells['heldout']))
        self.assertEqual(
            errors(cells['heldout']),
            {'generator': found['own captions'], 'harmonic fill': found['harmonic fill']},
        )

    def test_what_is_missing_is_told(self):
        absent = os.path.join(self.folder, 'absent.hdf5')
        silent = make_run(self.folder, *make_dataset(self.folder))  # takes no captions
        for name, parameters, problem in (
            ('data', {'dataset': absent}, 'no such file'),
            ('run', {'run': self.folder}, 'holds no run'),
            ('captions', {'run': silent}, 'takes no captions'),
        ):
            with self.assertRaises(CellExecutionError) as found:
                execute(name, self.folder, **parameters)
            self.assertEqual(found.exception.ename, 'InputError')
            self.assertIn(self.folder, found.exception.evalue)
            self.assertIn(problem, found.exception.evalue)

    def test_the_kernel_is_this_python(self):
        spec = OwnKernel(kernel_name='python3').kernel_spec
        self.assertEqual(spec.argv[0], sys.executable)

    def test_committed_with_output(self):
        self.assertEqual({path.stem for path in NOTEBOOKS.glob('*.ipynb')}, set(FIGURES))
        for name in FIGURES:
            notebook = read(name)
            nbformat.validate(notebook)
            self.assertEqual(notebook.metadata.kernelspec.name, 'python3')
            cells = code_cells(notebook).values()
            numbers = [cell.execution_count for cell in cells]
            self.assertEqual(numbers, list(range(1, len(numbers) + 1)), name)
            pictures = [
                output
                for cell in cells
                for output in cell.outputs
                if 'image/png' in output.get('data', {})
            ]
            self.assertGreaterEqual(len(pictures), 3, name)
