"""Networks in files: what is written comes back, and anything else is refused."""

import os
import pickle
import tempfile
import unittest

import lasagne
import numpy as np
from lasagne.layers import get_all_params

from ift6266.arrays import read_arrays, write_arrays
from ift6266.errors import InputError
from ift6266.inpainter import compile_output
from ift6266.networks import GENERATORS
from ift6266.networks.architecture import Architecture
from ift6266.networks.generator import build_generator
from ift6266.networks.weights import REMEDY, halved, load_network, save_network

GENERATOR = Architecture('generator')
NARROW = Architecture('generator', {'filters': (1, 2, 3, 4)})


class Bomb:
    """Leaves a file where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


class TestWeights(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, 'network.npz')
        self.exploded = os.path.join(folder.name, 'exploded')

    def write(self, **changes):
        """The file of a generator with some of its arrays changed; None leaves one out."""
        arrays = {param.name: param.get_value() for param in get_all_params(build_generator())}
        arrays.update(kind=np.array('generator'))
        arrays.update(changes)
        np.savez(self.path, **{name: array for name, array in arrays.items() if array is not None})

    def assert_refused(self, *words, **options):
        with self.assertRaises(InputError) as caught:
            load_network(self.path, **options)
        message = str(caught.exception)
        self.assertNotIn('\n', message)
        for word in (self.path, *words):
            self.assertIn(word, message)

    def test_round_trip(self):
        random = np.random.RandomState(1)
        for architecture in (*map(Architecture, GENERATORS), NARROW):
            network = architecture.build()
            for param in get_all_params(network):
                param.set_value(random.normal(size=param.get_value().shape).astype(param.dtype))
            save_network(self.path, network, architecture)
            loaded = load_network(self.path, architecture)
            pairs = list(zip(get_all_params(network), get_all_params(loaded)))
            self.assertEqual(len(pairs), len(get_all_params(loaded)))
            for ours, theirs in pairs:
                self.assertEqual(ours.name, theirs.name)
                np.testing.assert_array_equal(ours.get_value(), theirs.get_value())

    def test_float64_weights_are_taken_in_floatX(self):
        self.write(**{'conv1.gamma': np.full(32, 1 / 3)})
        params = {param.name: param for param in get_all_params(load_network(self.path))}
        self.assertEqual(params['conv1.gamma'].dtype, params['conv1.W'].dtype)
        np.testing.assert_allclose(params['conv1.gamma'].get_value(), 1 / 3, rtol=1e-7)

    def test_absent(self):
        self.assert_refused('no such file')

    def test_cut_off(self):
        save_network(self.path, build_generator(), GENERATOR)
        with open(self.path, 'rb') as file:
            content = file.read()
        for length in (0, 1, 100, len(content) // 2, len(content) - 30, len(content) - 1):
            with open(self.path, 'wb') as file:
                file.write(content[:length])
            self.assert_refused('not a whole .npz file')

    def test_damaged_inside(self):
        save_network(self.path, build_generator(), GENERATOR)
        with open(self.path, 'r+b') as file:
            file.seek(100000)
            file.write(b'\0' * 1000)
        self.assert_refused('not a whole .npz file')

    def test_not_npz(self):
        for content in (b'hello', b'\x89PNG\r\n\x1a\n' + bytes(100), pickle.dumps({'W': 1})):
            with open(self.path, 'wb') as file:
                file.write(content)
            self.assert_refused('not a whole .npz file')

    def test_a_single_array(self):
        with open(self.path, 'wb') as file:
            np.save(file, np.zeros(3))
        self.assert_refused('not a whole .npz file')

    def test_a_folder(self):
        os.mkdir(self.path)
        self.assert_refused()

    def test_a_critic(self):
        self.write(kind=np.array('critic'))
        self.assert_refused("network 'critic' is unknown", REMEDY)

    def test_no_network(self):
        np.savez(self.path, numbers=np.zeros(3))
        self.assert_refused('no network')

    def test_caption_generator_where_a_generator_is_expected(self):
        captioned = Architecture('caption_generator')
        save_network(self.path, captioned.build(), captioned)
        self.assert_refused('holds a caption_generator, not a generator', expected=GENERATOR)

    def test_other_filters_than_are_expected(self):
        save_network(self.path, NARROW.build(), NARROW)
        self.assert_refused(
            'holds a generator (filters [1, 2, 3, 4]), not a generator', expected=GENERATOR
        )

    def test_parameters_that_the_network_has_not(self):
        for described, words in (
            ('{"colour": 3}', 'has no parameter colour'),
            ('{"context": 3}', 'has no parameter context'),
            ('{"filters": [32, 64]}', 'is such as (32, 64, 96, 128), not [32, 64]'),
            ('{"filters": [[1, 2], [3, 4]]}', 'not [[1, 2], [3, 4]]'),
            ('{"filters": "many"}', 'not many'),
            ('{"filters": [32, 64, 96, 1000000000]}', 'holds no parameters of a generator'),
            ('{"filters": [32, 64, 96, -1]}', 'holds no parameters of a generator'),
            ('{"filters": [32, 64, 96, NaN]}', 'holds no parameters of a generator'),
            ('{"filters": [32, [64, 96], 1]}', 'holds no parameters of a generator'),
            ('{"filters": null}', 'holds no parameters of a generator'),
            ('{"filters": {"conv1": 32}}', 'holds no parameters of a generator'),
            ('[32, 64, 96, 128]', 'holds no parameters of a generator'),
            ('32', 'holds no parameters of a generator'),
            ('no JSON', 'holds no parameters of a generator'),
        ):
            self.write(parameters=np.array(described))
            self.assert_refused(words, REMEDY)
        self.write(parameters=np.zeros(3))
        self.assert_refused('holds no parameters of a generator', REMEDY)

    def test_other_filters_than_are_described(self):
        self.write(parameters=np.array('{"filters": [32, 64, 96, 127]}'))
        self.assert_refused('conv4.W', '(128, 96, 4, 4)', '(127, 96, 4, 4)', REMEDY)

    def test_another_shape(self):
        self.write(**{'conv2.W': np.zeros((64, 32, 3, 3), 'float32')})
        self.assert_refused('conv2.W', '(64, 32, 3, 3)', '(64, 32, 4, 4)', REMEDY)

    def test_an_array_missing(self):
        self.write(**{'tconv2.inv_std': None})
        self.assert_refused('tconv2.inv_std', 'missing', REMEDY)

    def test_an_array_too_many(self):
        self.write(**{'conv9.W': np.zeros(3)})
        self.assert_refused('"conv9.W" is not in a generator', REMEDY)

    def test_an_unknown_kind(self):
        self.write(kind=np.array('residual_generator'))
        self.assert_refused("'residual_generator' is unknown", REMEDY)

    def test_filters_of_half_precision_paint_the_same_to_half_a_level(self):
        random = np.random.RandomState(1)
        lasagne.random.set_rng(random)
        generator = build_generator()
        for param in get_all_params(generator):
            if param.name.endswith('.W'):  # paints contrasts, so that rounding shows
                param.set_value(2 * param.get_value())
        save_network(
            self.path, generator, GENERATOR, companions={'caption_embedding/a': np.ones(3)}
        )
        arrays = halved(read_arrays(self.path))
        self.assertEqual(
            {name for name, array in arrays.items() if array.dtype == 'float16'},
            {name for name in arrays if name.endswith('.W')},
        )
        write_arrays(self.path, arrays)
        context = random.uniform(size=(8, 3, 64, 64)).astype('float32')
        painted, other = (
            compile_output(network)(context) for network in (generator, load_network(self.path))
        )
        self.assertGreater(painted.std(), 0.05)
        self.assertLess(255 * abs(painted - other).max(), 0.5)

    def test_pickled_objects_are_not_unpickled(self):
        for name in ('kind', 'conv1.W', 'more'):
            self.write(**{name: np.array(Bomb(self.exploded), dtype=object)})
            self.assert_refused('not a whole .npz file')
            self.assertFalse(os.path.exists(self.exploded))

    def test_a_pickle(self):
        with open(self.path, 'wb') as file:
            pickle.dump(Bomb(self.exploded), file)
        self.assert_refused('not a whole .npz file')
        self.assertFalse(os.path.exists(self.exploded))
