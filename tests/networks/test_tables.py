"""The networks are those of the report's tables, and of the papers."""

import lasagne
import numpy as np
from lasagne.layers import (
    ConcatLayer,
    count_params,
    get_all_layers,
    get_all_params,
    get_output_shape,
)
from lasagne.nonlinearities import LeakyRectify, identity, rectify, sigmoid

from ift6266.layers import (
    AffineLayer,
    BatchNormLayer,
    Conv2DLayer,
    DropoutLayer,
    TransposedConv2DLayer,
)
from ift6266.networks import CRITICS, GENERATORS, build
from ift6266.networks.caption_generator import build_caption_generator, build_captionless_generator
from ift6266.networks.critic import build_critic
from ift6266.networks.generator import build_generator, build_resizing_generator
from tests.support import input_error

# name, filter size, stride, pad or crop, input, output
GENERATOR = [
    ('conv1', 4, 2, 1, (3, 64, 64), (32, 32, 32)),
    ('conv2', 4, 2, 1, (32, 32, 32), (64, 16, 16)),
    ('conv3', 4, 2, 1, (64, 16, 16), (96, 8, 8)),
    ('conv4', 4, 2, 1, (96, 8, 8), (128, 4, 4)),
    ('tconv1', 4, 2, 1, (128, 4, 4), (96, 8, 8)),
    ('tconv2', 4, 2, 1, (96 + 96, 8, 8), (64, 16, 16)),
    ('tconv3', 4, 2, 1, (64 + 64, 16, 16), (3, 32, 32)),
]
RESIZING_GENERATOR = GENERATOR[:-1] + [('conv5', 3, 1, 1, (64 + 64, 32, 32), (3, 32, 32))]
CRITIC = [
    ('conv1', 4, 2, 1, (3, 32, 32), (32, 16, 16)),
    ('conv2', 4, 2, 1, (32, 16, 16), (64, 8, 8)),
    ('conv3', 4, 2, 1, (64, 8, 8), (96, 4, 4)),
    ('conv4', 4, 2, 1, (96, 4, 4), (128, 2, 2)),
    ('conv5', 2, 1, 0, (128, 2, 2), (256, 1, 1)),
]
CAPTION_GENERATOR = GENERATOR[:4] + [
    ('conv5', 4, 2, 1, (128, 4, 4), (256, 2, 2)),
    ('conv6', 2, 1, 0, (256, 2, 2), (256, 1, 1)),
    ('tconv1', 4, 2, 1, (256 + 300, 1, 1), (128, 2, 2)),
    ('tconv2', 4, 2, 1, (128 + 256, 2, 2), (96, 4, 4)),
    ('tconv3', 4, 2, 1, (96 + 128, 4, 4), (64, 8, 8)),
    ('tconv4', 4, 2, 1, (64 + 96, 8, 8), (32, 16, 16)),
    ('tconv5', 4, 2, 1, (32 + 64, 16, 16), (3, 32, 32)),
]
CAPTIONLESS_GENERATOR = [
    (name, size, stride, pad, (256, 1, 1) if name == 'tconv1' else before, after)
    for name, size, stride, pad, before, after in CAPTION_GENERATOR
]
AUTOENCODER = [
    ('conv1', 5, 1, 2, (3, 64, 64), (100, 64, 64)),
    ('conv2', 5, 1, 2, (100, 32, 32), (150, 32, 32)),
    ('conv3', 3, 1, 1, (150, 16, 16), (200, 16, 16)),
    ('code', 8, 1, 0, (200, 8, 8), (300, 1, 1)),
    ('tconv1', 4, 1, 0, (300, 1, 1), (200, 4, 4)),
    ('conv4', 3, 1, 1, (200, 8, 8), (150, 8, 8)),
    ('conv5', 5, 1, 2, (150, 16, 16), (100, 16, 16)),
    ('conv6', 5, 1, 2, (100, 32, 32), (3, 32, 32)),
]
CONTEXT_ENCODER = [
    ('conv1', 4, 2, 1, (3, 64, 64), (64, 32, 32)),
    ('conv2', 4, 2, 1, (64, 32, 32), (128, 16, 16)),
    ('conv3', 4, 2, 1, (128, 16, 16), (256, 8, 8)),
    ('conv4', 4, 2, 1, (256, 8, 8), (512, 4, 4)),
    ('bottleneck', 4, 1, 0, (512, 4, 4), (4000, 1, 1)),
    ('tconv1', 4, 1, 0, (4000, 1, 1), (512, 4, 4)),
    ('tconv2', 4, 2, 1, (512, 4, 4), (256, 8, 8)),
    ('tconv3', 4, 2, 1, (256, 8, 8), (128, 16, 16)),
    ('tconv4', 4, 2, 1, (128, 16, 16), (64, 32, 32)),
    ('tconv5', 4, 2, 1, (64, 32, 32), (3, 64, 64)),
]
CONTEXT_ENCODER_CRITIC = [
    ('conv1', 4, 2, 1, (3, 32, 32), (64, 16, 16)),
    ('conv2', 4, 2, 1, (64, 16, 16), (128, 8, 8)),
    ('conv3', 4, 2, 1, (128, 8, 8), (256, 4, 4)),
    ('conv4', 4, 2, 1, (256, 4, 4), (512, 2, 2)),
    ('conv5', 4, 2, 1, (512, 2, 2), (1, 1, 1)),
]
DCGAN_CRITIC = [
    ('conv1', 5, 2, 2, (3, 32, 32), (128, 16, 16)),
    ('conv2', 5, 2, 2, (128, 16, 16), (256, 8, 8)),
    ('conv3', 5, 2, 2, (256, 8, 8), (512, 4, 4)),
    ('conv4', 4, 1, 0, (512, 4, 4), (1, 1, 1)),
]
PIX2PIX = [
    ('conv1', 4, 2, 1, (3, 64, 64), (64, 32, 32)),
    ('conv2', 4, 2, 1, (64, 32, 32), (128, 16, 16)),
    ('conv3', 4, 2, 1, (128, 16, 16), (256, 8, 8)),
    ('conv4', 4, 2, 1, (256, 8, 8), (512, 4, 4)),
    ('conv5', 4, 2, 1, (512, 4, 4), (512, 2, 2)),
    ('conv6', 4, 2, 1, (512, 2, 2), (512, 1, 1)),
    ('tconv1', 4, 2, 1, (512, 1, 1), (512, 2, 2)),
    ('tconv2', 4, 2, 1, (512 + 512, 2, 2), (512, 4, 4)),
    ('tconv3', 4, 2, 1, (512 + 512, 4, 4), (256, 8, 8)),
    ('tconv4', 4, 2, 1, (256 + 256, 8, 8), (128, 16, 16)),
    ('tconv5', 4, 2, 1, (128 + 128, 16, 16), (64, 32, 32)),
    ('tconv6', 4, 2, 1, (64 + 64, 32, 32), (3, 64, 64)),
]
PATCH_CRITIC = [
    ('conv1', 4, 2, 1, (3 + 3, 64, 64), (64, 32, 32)),
    ('conv2', 4, 2, 1, (64, 32, 32), (128, 16, 16)),
    ('conv3', 4, 2, 1, (128, 16, 16), (256, 8, 8)),
    ('conv4', 4, 1, 1, (256, 8, 8), (512, 7, 7)),
    ('conv5', 4, 1, 1, (512, 7, 7), (1, 6, 6)),
]
UNET = [
    ('down1.1', 3, 1, 1, (3, 64, 64), (32, 64, 64)),
    ('down1.2', 3, 1, 1, (32, 64, 64), (32, 64, 64)),
    ('down2.1', 3, 1, 1, (32, 32, 32), (64, 32, 32)),
    ('down2.2', 3, 1, 1, (64, 32, 32), (64, 32, 32)),
    ('down3.1', 3, 1, 1, (64, 16, 16), (128, 16, 16)),
    ('down3.2', 3, 1, 1, (128, 16, 16), (128, 16, 16)),
    ('down4.1', 3, 1, 1, (128, 8, 8), (256, 8, 8)),
    ('down4.2', 3, 1, 1, (256, 8, 8), (256, 8, 8)),
    ('down5.1', 3, 1, 1, (256, 4, 4), (512, 4, 4)),
    ('down5.2', 3, 1, 1, (512, 4, 4), (512, 4, 4)),
    ('tconv4', 2, 2, 0, (512, 4, 4), (256, 8, 8)),
    ('up4.1', 3, 1, 1, (256 + 256, 8, 8), (256, 8, 8)),
    ('up4.2', 3, 1, 1, (256, 8, 8), (256, 8, 8)),
    ('tconv3', 2, 2, 0, (256, 8, 8), (128, 16, 16)),
    ('up3.1', 3, 1, 1, (128 + 128, 16, 16), (128, 16, 16)),
    ('up3.2', 3, 1, 1, (128, 16, 16), (128, 16, 16)),
    ('tconv2', 2, 2, 0, (128, 16, 16), (64, 32, 32)),
    ('up2.1', 3, 1, 1, (64 + 64, 32, 32), (64, 32, 32)),
    ('up2.2', 3, 1, 1, (64, 32, 32), (64, 32, 32)),
    ('tconv1', 2, 2, 0, (64, 32, 32), (32, 64, 64)),
    ('up1.1', 3, 1, 0, (32 + 32, 36, 36), (32, 34, 34)),
    ('up1.2', 3, 1, 0, (32, 34, 34), (32, 32, 32)),
    ('painted', 1, 1, 0, (32, 32, 32), (3, 32, 32)),
]


def dense_block(name, maps, side):
    """Its four layers of growth 16."""
    return [
        (f'{name}.{number}', 3, 1, 1, (maps + 16 * (number - 1), side, side), (16, side, side))
        for number in (1, 2, 3, 4)
    ]


def transition(name, maps, side):
    return (f'{name}.transition', 1, 1, 0, (maps, side, side), (maps, side, side))


def transition_up(name, side):
    """Of a block's 64 new maps."""
    return (name, 4, 2, 1, (64, side, side), (64, 2 * side, 2 * side))


DENSENET = [
    ('first', 4, 2, 1, (3, 64, 64), (48, 32, 32)),
    *dense_block('down1', 48, 32),
    transition('down1', 48 + 64, 32),
    *dense_block('down2', 112, 16),
    transition('down2', 112 + 64, 16),
    *dense_block('down3', 176, 8),
    transition('down3', 176 + 64, 8),
    *dense_block('lowest', 240, 4),
    transition_up('tconv3', 4),
    *dense_block('up3', 64 + 240, 8),
    transition_up('tconv2', 8),
    *dense_block('up2', 64 + 176, 16),
    transition_up('tconv1', 16),
    *dense_block('up1', 64 + 112, 32),
    ('tconv0', 4, 2, 1, (64 + 112 + 64, 16, 16), (64, 32, 32)),
    ('painted', 3, 1, 1, (64, 32, 32), (3, 32, 32)),
]


def residual_block(name, before, maps, side):
    """Of two convolutions, and one beside them where the maps grow."""
    square = (side, side)
    return [
        (name + 'a', 3, 1, 1, (before, *square), (maps, *square)),
        (name + 'b', 3, 1, 1, (maps, *square), (maps, *square)),
        *[(name + 'c', 1, 1, 0, (before, *square), (maps, *square))] * (before != maps),
    ]


def halving(name, before, maps, side):
    return (name, 4, 2, 1, (before, 2 * side, 2 * side), (maps, side, side))


def doubling(name, before, maps, side):
    return (name, 4, 2, 1, (before, side // 2, side // 2), (maps, side, side))


RESIDUAL_UNET = [
    halving('first', 3 + 1, 32, 32),
    *residual_block('down1.1', 32, 32, 32),
    *residual_block('down1.2', 32, 32, 32),
    halving('conv2', 32, 64, 16),
    *residual_block('down2.1', 64, 64, 16),
    *residual_block('down2.2', 64, 64, 16),
    halving('conv3', 64, 96, 8),
    *residual_block('down3.1', 96, 96, 8),
    *residual_block('down3.2', 96, 96, 8),
    halving('conv4', 96, 128, 4),
    *residual_block('down4.1', 128, 128, 4),
    *residual_block('down4.2', 128, 128, 4),
    halving('conv0', 128, 128, 2),
    *residual_block('lowest.1', 128, 128, 2),
    doubling('tconv4', 128, 128, 4),
    *residual_block('up4.1', 128 + 128, 128, 4),
    *residual_block('up4.2', 128, 128, 4),
    doubling('tconv3', 128, 96, 8),
    *residual_block('up3.1', 96 + 96, 96, 8),
    *residual_block('up3.2', 96, 96, 8),
    doubling('tconv2', 96, 64, 16),
    *residual_block('up2.1', 64 + 64, 64, 16),
    *residual_block('up2.2', 64, 64, 16),
    doubling('tconv1', 64, 32, 32),
    *residual_block('up1.1', 32 + 32, 32, 32),
    *residual_block('up1.2', 32, 32, 32),
    doubling('tconv0', 32, 16, 64),
    ('last', 3, 1, 1, (16 + 4, 64, 64), (16, 64, 64)),
    ('painted', 3, 1, 1, (16, 64, 64), (3, 64, 64)),
]
CAPTIONED_RESIDUAL_UNET = [
    (name, size, stride, pad, (128 + 128, 2, 2) if name == 'tconv4' else before, after)
    for name, size, stride, pad, before, after in RESIDUAL_UNET
]
PICTURE_CRITIC = [
    halving('conv1', 3 + 1, 48, 32),
    halving('conv2', 48, 96, 16),
    halving('conv3', 96, 192, 8),
    halving('conv4', 192, 192, 4),
    ('score', 1, 1, 0, (192, 4, 4), (1, 4, 4)),
]
NETWORKS = {**GENERATORS, **CRITICS}
REPORT = {
    'generator': GENERATOR,
    'resizing_generator': RESIZING_GENERATOR,
    'critic': CRITIC,
    'caption_generator': CAPTION_GENERATOR,
    'captionless_generator': CAPTIONLESS_GENERATOR,
}
TABLES = {
    **REPORT,
    'autoencoder': AUTOENCODER,
    'context_encoder': CONTEXT_ENCODER,
    'context_encoder_critic': CONTEXT_ENCODER_CRITIC,
    'dcgan_critic': DCGAN_CRITIC,
    'pix2pix': PIX2PIX,
    'patch_critic': PATCH_CRITIC,
    'densenet': DENSENET,
    'unet': UNET,
    'residual_unet': RESIDUAL_UNET,
    'captioned_residual_unet': CAPTIONED_RESIDUAL_UNET,
    'picture_critic': PICTURE_CRITIC,
}


def convolutions(network):
    return [
        layer
        for layer in get_all_layers(network)
        if isinstance(layer, (Conv2DLayer, TransposedConv2DLayer))
    ]


def check_table(kind):
    network = NETWORKS[kind]()
    table = TABLES[kind]
    assert [
        (
            layer.name,
            *(layer.filter_size + layer.stride + layer.pad),
            get_output_shape(layer.input_layer),
            get_output_shape(layer),
        )
        for layer in convolutions(network)
    ] == [
        (name, size, size, stride, stride, pad, pad, (None,) + before, (None,) + after)
        for name, size, stride, pad, before, after in table
    ]
    assert [isinstance(layer, TransposedConv2DLayer) for layer in convolutions(network)] == [
        row[0].startswith('tconv') for row in table
    ]
    assert get_output_shape(network) == (None,) + table[-1][-1]


def check_parameters(kind):
    """Filters everywhere, γ and β with two averages after all but the last; no biases."""
    network = NETWORKS[kind]()
    expected = []
    for name, size, _, _, before, after in REPORT[kind]:
        channels = [before[0], after[0]] if name[0] == 't' else [after[0], before[0]]
        expected.append((name + '.W', (*channels, size, size)))
        if name != REPORT[kind][-1][0]:
            expected += [
                (f'{name}.{parameter}', (after[0],))
                for parameter in ('beta', 'gamma', 'mean', 'inv_std')
            ]
    assert [(param.name, param.get_value().shape) for param in get_all_params(network)] == expected
    assert all(layer.b is None for layer in convolutions(network))


def test_tables():
    for kind in TABLES:
        yield check_table, kind
    for kind in REPORT:
        yield check_parameters, kind


def normalized(network):
    """Names of the layers after whose convolution there is a normalization, the others' with b."""
    layers = get_all_layers(network)
    norms = [layer.name for layer in layers if isinstance(layer, (AffineLayer, BatchNormLayer))]
    return norms, [layer.name for layer in convolutions(network) if layer.b is not None]


def test_what_the_papers_normalize():
    for kind, norms, biases in (
        ('autoencoder', [], [row[0] for row in AUTOENCODER]),
        ('unet', [], [row[0] for row in UNET]),
        ('picture_critic', [], [row[0] for row in PICTURE_CRITIC]),
        (
            'residual_unet',
            [row[0] for row in RESIDUAL_UNET[:-3] if row[0][-1] != 'c'],
            ['tconv0', 'last', 'painted'],
        ),
        ('context_encoder', [row[0] for row in CONTEXT_ENCODER[1:-1]], ['conv1']),
        ('context_encoder_critic', ['conv2', 'conv3', 'conv4'], ['conv1']),
        ('dcgan_critic', ['conv2', 'conv3'], ['conv1', 'conv4']),
        ('patch_critic', ['conv2', 'conv3', 'conv4'], ['conv1', 'conv5']),
        (
            'pix2pix',
            [row[0] for row in PIX2PIX if row[0] not in ('conv1', 'conv6', 'tconv6')],
            ['conv1', 'conv6', 'tconv6'],
        ),
        (
            'densenet',
            [name for name, *_ in DENSENET if name != 'first' and name[0] != 't'],
            ['painted'],
        ),
    ):
        assert normalized(NETWORKS[kind]()) == (norms, biases), kind
    pix2pix = build(GENERATORS, 'pix2pix', normalization='instance')
    assert normalized(pix2pix) == normalized(NETWORKS['pix2pix']())
    assert not any(isinstance(layer, BatchNormLayer) for layer in get_all_layers(pix2pix))


def test_half_is_dropped_in_the_three_lowest_levels_up_of_pix2pix():
    dropped = [
        (layer.name, layer.p)
        for layer in get_all_layers(NETWORKS['pix2pix']())
        if isinstance(layer, DropoutLayer)
    ]
    assert dropped == [('tconv1', 0.5), ('tconv2', 0.5), ('tconv3', 0.5)]


def test_all_networks_are_in_the_tables():
    assert set(NETWORKS) == set(TABLES)


def test_numbers_of_parameters():
    """By hand: filters, then two for each normalized feature map."""
    numbers = {
        'generator': 1536 + 32768 + 98304 + 196608 + 196608 + 196608 + 6144 + 2 * 480,
        'critic': 1536 + 32768 + 98304 + 196608 + 131072 + 2 * 320,
        'caption_generator': 1536
        + 32768
        + 98304
        + 196608
        + 524288
        + 262144
        + 1138688
        + 589824
        + 229376
        + 81920
        + 4608
        + 2 * 1152,
    }
    numbers['resizing_generator'] = numbers['generator'] - 6144 + 3456
    numbers['captionless_generator'] = numbers['caption_generator'] - 300 * 128 * 16
    for kind, number in numbers.items():
        assert count_params(NETWORKS[kind](), trainable=True) == number, kind


def nonlinearities(network):
    """Those between the convolutions, in order, the identity left out."""
    return [
        layer.nonlinearity
        for layer in get_all_layers(network)
        if getattr(layer, 'nonlinearity', identity) is not identity
    ]


def test_nonlinearities():
    assert nonlinearities(build_generator()) == [rectify] * 6 + [sigmoid]
    assert nonlinearities(build_resizing_generator()) == [rectify] * 6 + [sigmoid]
    for kind in ('caption_generator', 'captionless_generator'):
        assert nonlinearities(NETWORKS[kind]()) == [rectify] * 10 + [sigmoid]
    critic = nonlinearities(build_critic())
    assert [type(nonlinearity) for nonlinearity in critic] == [LeakyRectify] * 4
    assert [nonlinearity.leakiness for nonlinearity in critic] == [0.01] * 4


def test_skip_connections_come_after_the_blocks_own_feature_maps():
    def source(layer):
        return convolutions(layer)[-1].name if convolutions(layer) else layer.input_layer.name

    def names(network):
        return [
            tuple(source(layer) for layer in concat.input_layers)
            for concat in get_all_layers(network)
            if isinstance(concat, ConcatLayer)
        ]

    assert names(build_generator()) == [('tconv1', 'conv3'), ('tconv2', 'conv2')]
    assert names(build_resizing_generator()) == names(build_generator())
    assert names(build_caption_generator()) == [
        ('conv6', 'caption'),
        ('tconv1', 'conv5'),
        ('tconv2', 'conv4'),
        ('tconv3', 'conv3'),
        ('tconv4', 'conv2'),
    ]
    assert names(build_captionless_generator()) == names(build_caption_generator())[1:]


def test_filters_of_the_generators():
    """The notebook's; a transposed convolution has those of the maps that it doubles."""
    for kind, filters, shapes in (
        ('generator', (64, 128, 192, 256), [64, 128, 192, 256, 192, 128, 3]),
        ('resizing_generator', (1, 2, 3, 4), [1, 2, 3, 4, 3, 2, 3]),
        ('caption_generator', (1, 2, 3, 4, 5, 6), [1, 2, 3, 4, 5, 6, 4, 3, 2, 1, 3]),
    ):
        network = build(GENERATORS, kind, filters=filters)
        assert [layer.output_shape[1] for layer in convolutions(network)] == shapes, kind
    assert count_params(build_generator(filters=filters[:4]), trainable=True) == 16 * (
        3 * 1 + 1 * 2 + 2 * 3 + 3 * 4 + 4 * 3 + 6 * 2 + 4 * 3
    ) + 2 * (1 + 2 + 3 + 4 + 3 + 2)


def test_size_of_the_generators():
    for build_network in (build_generator, build_resizing_generator):
        assert get_output_shape(build_network(size=32)) == (None, 3, 16, 16)


def test_parameters_that_a_network_has_not_are_refused():
    for parameters, words in (
        ({'colour': 3}, 'generator has no parameter colour'),
        ({'context': 3}, 'generator has no parameter context'),
        ({'filters': [32, 64]}, 'filters of the network generator is such as (32, 64, 96, 128)'),
        ({'filters': [32, 64, 96, 1.5]}, 'not [32, 64, 96, 1.5]'),
        ({'filters': '1234'}, 'not 1234'),
        ({'size': [64]}, 'not [64]'),
    ):
        assert words in input_error(build, GENERATORS, 'generator', **parameters)


def test_parameters_that_are_none_are_left_to_the_network():
    critic = build(CRITICS, 'critic', outputs=None, leakiness=1)
    assert get_output_shape(critic) == (None, 256, 1, 1)
    assert nonlinearities(critic)[0].leakiness == 1


def test_options_of_the_critic():
    critic = build_critic(outputs=1, leakiness=0)
    assert get_output_shape(critic) == (None, 1, 1, 1)
    assert [nonlinearity.leakiness for nonlinearity in nonlinearities(critic)] == [0] * 4


def test_first_weights_depend_on_the_seed_alone():
    first, again = [], []
    for values in (first, again):
        lasagne.random.set_rng(np.random.RandomState(3))
        values += [param.get_value() for param in get_all_params(build_generator())]
    assert all((one == other).all() for one, other in zip(first, again))


def test_normalizations_of_the_critic():
    norms = {
        'batch': 4 * [BatchNormLayer],
        'layer': 3 * [AffineLayer],
        'instance': 3 * [AffineLayer],
        'none': [],
    }
    for normalization, expected in norms.items():
        critic = build_critic(normalization=normalization)
        layers = get_all_layers(critic)
        assert [
            type(layer) for layer in layers if isinstance(layer, (AffineLayer, BatchNormLayer))
        ] == expected, normalization
        with_biases = [layer.name for layer in layers if getattr(layer, 'b', None) is not None]
        assert with_biases == ['conv1', 'conv2', 'conv3', 'conv4'][: 4 - len(expected)]
        assert get_output_shape(critic) == (None, 256, 1, 1)


def test_views_of_the_critic():
    for view, side, outputs in (('surroundings', 48, 2), ('detail', 32, 1), ('grain', 48, 2)):
        critic = build_critic(view=view)
        first = next(layer for layer in get_all_layers(critic) if layer.name == 'conv1')
        assert get_output_shape(first.input_layer) == (None, 3, side, side)
        assert get_output_shape(critic) == (None, 256, outputs, outputs)
        assert [param.get_value().shape for param in get_all_params(critic)] == [
            param.get_value().shape for param in get_all_params(build_critic())
        ]
