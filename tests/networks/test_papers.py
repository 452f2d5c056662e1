"""The networks of the papers, outputs and gradients, against twins in PyTorch in float64.

The twins are written from the papers, with few filters, and know nothing of ``ift6266`` but the
names of parameters.
"""

import unittest

import lasagne
import numpy as np
import theano
from lasagne.layers import get_all_params, get_output

from ift6266.networks import CRITICS, GENERATORS
from ift6266.networks.context_encoder import MEAN_COLOUR
from ift6266.networks.sources import input_layers, input_vars
from tests.layers.support import QUICK, in_float64

try:
    import torch
    from torch.nn import functional as F
except ImportError:
    torch = None

BATCH = 3


def conv(x, params, name, stride=1, pad=0):
    weight = params[name + '.W'].flip(2, 3)
    return F.conv2d(x, weight, params.get(name + '.b'), stride, pad)


def transposed(x, params, name, stride=2, crop=1):
    weight = params[name + '.W'].flip(2, 3)
    return F.conv_transpose2d(x, weight, params.get(name + '.b'), stride, crop)


def batch_norm(x, params, name):
    gamma, beta = params[name + '.gamma'], params[name + '.beta']
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-4)


def instance_norm(x, params, name):
    gamma, beta = params[name + '.gamma'], params[name + '.beta']
    return F.instance_norm(x, weight=gamma, bias=beta, eps=1e-4)


def leaky(x):
    return F.leaky_relu(x, 0.2)


def doubled(x):
    return F.interpolate(x, scale_factor=2, mode='nearest')


def autoencoder(params, context):
    x = context
    for name, pad in (('conv1', 2), ('conv2', 2), ('conv3', 1)):
        x = F.max_pool2d(torch.tanh(conv(x, params, name, pad=pad)), 2)
    x = torch.tanh(conv(x, params, 'code'))
    x = torch.tanh(transposed(x, params, 'tconv1', 1, 0))
    for name, pad in (('conv4', 1), ('conv5', 2)):
        x = torch.tanh(conv(doubled(x), params, name, pad=pad))
    return torch.sigmoid(conv(doubled(x), params, 'conv6', pad=2))


def halved(x, params):
    """Four 4×4 convolutions of stride 2."""
    for number in (1, 2, 3, 4):
        x = conv(x, params, f'conv{number}', 2, 1)
        x = leaky(x if number == 1 else batch_norm(x, params, f'conv{number}'))
    return x


def context_encoder(params, context, mask):
    colour = torch.tensor(MEAN_COLOUR, dtype=context.dtype)[:, None, None]
    x = halved(context + mask * colour, params)
    x = leaky(batch_norm(conv(x, params, 'bottleneck'), params, 'bottleneck'))
    x = F.relu(batch_norm(transposed(x, params, 'tconv1', 1, 0), params, 'tconv1'))
    for name in ('tconv2', 'tconv3', 'tconv4'):
        x = F.relu(batch_norm(transposed(x, params, name), params, name))
    return torch.sigmoid(transposed(x, params, 'tconv5'))


def context_encoder_critic(params, centre):
    return conv(halved(centre, params), params, 'conv5', 2, 1)


def dcgan_critic(params, centre):
    x = leaky(conv(centre, params, 'conv1', 2, 2))
    for name in ('conv2', 'conv3'):
        x = leaky(batch_norm(conv(x, params, name, 2, 2), params, name))
    return conv(x, params, 'conv4')


def pix2pix(params, context):
    """In painting, when nothing is dropped; with instance normalization."""
    maps = [leaky(conv(context, params, 'conv1', 2, 1))]
    for name in ('conv2', 'conv3', 'conv4', 'conv5'):
        maps.append(leaky(instance_norm(conv(maps[-1], params, name, 2, 1), params, name)))
    x = leaky(conv(maps[-1], params, 'conv6', 2, 1))
    for number in (1, 2, 3, 4, 5):
        x = transposed(x, params, f'tconv{number}')
        x = F.relu(instance_norm(x, params, f'tconv{number}'))
        x = torch.cat([x, maps.pop()], 1)
    return torch.sigmoid(transposed(x, params, 'tconv6'))


def patch_critic(params, context, picture):
    x = leaky(conv(torch.cat([context, picture], 1), params, 'conv1', 2, 1))
    for name, stride in (('conv2', 2), ('conv3', 2), ('conv4', 1)):
        x = leaky(batch_norm(conv(x, params, name, stride, 1), params, name))
    return conv(x, params, 'conv5', 1, 1)


def densenet(params, context):
    """Of one level and two layers a block."""

    def layer(x, name, pad=1):
        return conv(F.relu(batch_norm(x, params, name)), params, name, pad=pad)

    def block(x, name):
        one = layer(x, name + '.1')
        other = layer(torch.cat([x, one], 1), name + '.2')
        return torch.cat([one, other], 1)

    x = conv(context, params, 'first', 2, 1)
    skip = torch.cat([x, block(x, 'down1')], 1)
    x = F.max_pool2d(layer(skip, 'down1.transition', pad=0), 2)
    x = torch.cat([transposed(block(x, 'lowest'), params, 'tconv1'), skip], 1)
    x = torch.cat([x, block(x, 'up1')], 1)[:, :, 8:24, 8:24]
    return torch.sigmoid(layer(transposed(x, params, 'tconv0'), 'painted'))


def unet(params, context):
    """Of three levels."""

    def two(x, name, pad=1):
        for number in (1, 2):
            x = F.relu(conv(x, params, f'{name}.{number}', pad=pad))
        return x

    one = two(context, 'down1')
    other = two(F.max_pool2d(one, 2), 'down2')
    x = two(F.max_pool2d(other, 2), 'down3')
    x = two(torch.cat([other, transposed(x, params, 'tconv2', 2, 0)], 1), 'up2')
    x = torch.cat([one, transposed(x, params, 'tconv1', 2, 0)], 1)[:, :, 14:50, 14:50]
    return torch.sigmoid(conv(two(x, 'up1', pad=0), params, 'painted'))


def residual_unet(params, context, mask, caption=None):
    """Of two levels and one block each; the lowest maps are 8×8."""

    def normalized(x, name, *geometry):
        return batch_norm(conv(x, params, name, *geometry), params, name)

    def block(x, name):
        goes_on = conv(x, params, name + 'c') if name + 'c.W' in params else x
        change = F.relu(normalized(x, name + 'a', 1, 1))
        return F.relu(normalized(change, name + 'b', 1, 1) + goes_on)

    def grown(x, skip, name):
        x = F.relu(batch_norm(transposed(x, params, name), params, name))
        return torch.cat([x, skip], 1)

    photograph = torch.cat([context, mask], 1)
    one = block(F.relu(normalized(photograph, 'first', 2, 1)), 'down1.1')
    other = block(F.relu(normalized(one, 'conv2', 2, 1)), 'down2.1')
    x = block(F.relu(normalized(other, 'conv0', 2, 1)), 'lowest.1')
    if caption is not None:
        maps = F.relu(caption @ params['sentence.W'] + params['sentence.b'])
        x = torch.cat([x, maps.reshape(-1, 4, 8, 8)], 1)
    x = block(grown(x, other, 'tconv2'), 'up2.1')
    x = block(grown(x, one, 'tconv1'), 'up1.1')
    x = torch.cat([F.relu(transposed(x, params, 'tconv0')), photograph], 1)
    return torch.sigmoid(conv(F.relu(conv(x, params, 'last', 1, 1)), params, 'painted', 1, 1))


def picture_critic(params, picture, mask):
    weights = torch.tensor([1.0, 2.0, 1.0], dtype=picture.dtype) / 4
    filters = torch.outer(weights, weights).expand(3, 1, 3, 3)
    x = torch.cat([F.conv2d(picture, filters, padding=1, groups=3), mask], 1)
    for name in ('conv1', 'conv2', 'conv3', 'conv4'):
        x = leaky(conv(x, params, name, 2, 1))
    return conv(x, params, 'score')


NETWORKS = {
    'autoencoder': ({'filters': (2, 3, 4), 'code': 5}, autoencoder),
    'context_encoder': ({'filters': (2, 3, 4, 5), 'bottleneck': 6}, context_encoder),
    'context_encoder_critic': ({'filters': (2, 3, 4, 5)}, context_encoder_critic),
    'dcgan_critic': ({'filters': (2, 3, 4)}, dcgan_critic),
    'pix2pix': ({'filters': (2, 3, 4, 5, 4, 3), 'normalization': 'instance'}, pix2pix),
    'patch_critic': ({'filters': (2, 3, 4), 'wide': 5}, patch_critic),
    'densenet': ({'first': 4, 'layers': (2,), 'lowest': 2, 'growth': 3}, densenet),
    'unet': ({'filters': (2, 3, 4)}, unet),
    'residual_unet': ({'filters': (2, 4), 'blocks': 1}, residual_unet),
    'captioned_residual_unet': ({'filters': (2, 4), 'blocks': 1}, residual_unet),
    'picture_critic': ({'filters': (2, 3, 4, 5), 'blur': 1}, picture_critic),
}


def minibatch(network, random):
    """Arrays by source; the context is blank where the mask is 1."""
    shapes = {source: layer.shape[1:] for source, layer in input_layers(network).items()}
    arrays = {source: random.uniform(size=(BATCH, *shape)) for source, shape in shapes.items()}
    if {'context', 'mask'} <= set(arrays):
        arrays['mask'] = np.round(arrays['mask'])
        arrays['context'] *= 1 - arrays['mask']
    return arrays


def output_and_gradients(network, **options):
    """A function of the inputs and a cotangent; gradients by inputs and trained parameters."""
    inputs, params = input_vars(network), get_all_params(network, trainable=True)
    output = get_output(network, **options)
    cotangent = output.type('cotangent')
    wrt = [*inputs.values(), *params]
    gradients = theano.grad(None, wrt, known_grads={output: cotangent})
    return theano.function([*inputs.values(), cotangent], [output, *gradients], mode=QUICK)


@in_float64
def check_against_twin(name):
    if torch is None:
        raise unittest.SkipTest('PyTorch is not installed')
    parameters, twin = NETWORKS[name]
    random = np.random.RandomState(2)
    lasagne.random.set_rng(random)
    network = {**GENERATORS, **CRITICS}[name](**parameters)
    params = get_all_params(network, trainable=True)
    for param in params:  # scales and shifts begin as ones and zeros
        param.set_value(param.get_value() + random.normal(scale=0.1, size=param.get_value().shape))
    arrays = minibatch(network, random)
    tensors = {source: torch.tensor(array, requires_grad=True) for source, array in arrays.items()}
    twins = {param.name: torch.tensor(param.get_value(), requires_grad=True) for param in params}
    expected = twin(twins, **tensors)
    cotangent = random.normal(size=tuple(expected.shape))
    expected.backward(torch.tensor(cotangent))

    function = output_and_gradients(network, deterministic=name == 'pix2pix')
    output, *gradients = function(*arrays.values(), cotangent)
    np.testing.assert_allclose(output, expected.detach().numpy(), rtol=1e-8)
    for ours, tensor in zip(gradients, [*tensors.values(), *twins.values()]):
        exact = tensor.grad.numpy()
        np.testing.assert_allclose(ours, exact, rtol=1e-7, atol=1e-12 + 1e-9 * abs(exact).max())


def test_outputs_and_gradients():
    for name in NETWORKS:
        yield check_against_twin, name
