"""Graphs give the same results with the kernels as by Theano's definitions, and few copies."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import lasagne
import numpy as np
import theano
import theano.tensor as T
from lasagne.layers import (
    ConcatLayer,
    DenseLayer,
    DropoutLayer,
    ElemwiseSumLayer,
    InputLayer,
    MaxPool2DLayer,
    NonlinearityLayer,
    get_all_params,
    get_output,
)
from lasagne.nonlinearities import LeakyRectify, rectify, softmax
from nose.tools import assert_equal
from theano.gof import FunctionGraph
from theano.tensor.opt import MakeVector
from theano.tensor.subtensor import Subtensor

from ift6266.backends import Backend
from ift6266.backends.cpu import operations
from ift6266.backends.cpu.optimizations import LAYOUT, RECTIFIERS, in_order, optimized
from ift6266.layers import (
    BatchNormLayer,
    Conv2DLayer,
    TransposedConv2DLayer,
    Upscale2DLayer,
    batch_norm,
)
from ift6266.networks import CRITICS, GENERATORS
from ift6266.networks.blocks import conv_block, transposed_conv_block
from ift6266.training.algorithms import Adversarial, Reconstruction
from ift6266.training.optimizers import Adam
from tests.backends.cpu.support import AS_DEFINED, as_defined, require_kernels

# All of Theano's rewritings and ours, and nothing to compile.
OPTIMIZED = optimized(theano.Mode('py', 'fast_run'))


setup_module = require_kernels


def random(*shape, seed=0):
    return np.random.RandomState(seed).normal(size=shape).astype('float32')


def counts(function):
    """How often each operation of ours is in a compiled function, and rectifiers."""
    ops = [node.op for node in function.maker.fgraph.apply_nodes]
    ops += [op.scalar_op for op in ops if isinstance(op, T.Elemwise)]
    return Counter(type(op).__name__ for op in ops if is_ours(op))


def is_ours(op):
    return type(op).__module__.startswith(operations.__name__)


def assert_near(found, expected):
    for ours, theirs in zip(found, expected):
        assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5 * np.abs(theirs).max())


@as_defined()
def check(inputs, outputs, arrays):
    """The outputs are as Theano defines them; the function with the kernels."""
    function = theano.function(inputs, outputs, mode=OPTIMIZED, on_unused_input='ignore')
    before = [(variable, variable.get_value()) for variable in function.get_shared()]
    expected = theano.function(inputs, outputs, mode=AS_DEFINED, on_unused_input='ignore')(*arrays)
    for variable, value in before:  # some hold the state of random numbers
        variable.set_value(value)
    assert_near(function(*arrays), expected)
    for output, variable in zip(function.maker.fgraph.outputs, outputs):
        assert_equal(output.type, variable.type)
    return function


def with_gradients(output, wrt):
    """The output and the gradients of a loss that depends on all of it."""
    weights = T.arange(output.size).reshape(output.shape).astype('float32') / output.size
    return [output] + theano.grad((output * weights).sum(), wrt)


def check_layer(layer, variables, arrays, **options):
    output = get_output(layer, batch_norm_update_averages=False, **options)
    wrt = list(variables) + (
        get_all_params(layer, trainable=True) if not options.get('deterministic') else []
    )
    return check(variables, with_gradients(output, wrt), arrays)


# Precision


def precisions(function):
    """How often each precision is in a compiled function, by operation."""
    ops = [node.op for node in function.maker.fgraph.apply_nodes]
    return Counter((type(op).__name__, op.precision) for op in ops if hasattr(op, 'precision'))


def network_step(mode):
    """The gradients of a network that goes down and up, by its input and all filters."""
    images = T.ftensor4()
    layer = conv_block(InputLayer((None, 3, 8, 8), images), 4)
    layer = transposed_conv_block(conv_block(layer, 5), 4)
    loss = (get_output(layer, batch_norm_update_averages=False) ** 3).sum()
    wrt = [images] + get_all_params(layer, trainable=True)
    return theano.function([images], [loss] + theano.grad(loss, wrt), mode=mode)


def test_gradients_do_without_the_last_bits():
    assert_equal(
        precisions(network_step(OPTIMIZED)),
        {
            ('Convolution', 'float32'): 2,
            ('ConvolutionGradInputs', 'float32'): 1,
            ('ConvolutionGradInputs', 'nearly float32'): 2,
            ('Convolution', 'nearly float32'): 1,
            ('ConvolutionGradWeights', 'nearly float32'): 3,
        },
    )


def test_convolutions_one_after_the_other_are_no_gradients():
    images, filters = T.ftensor4(), theano.shared(random(3, 3, 3, 3))
    twice = T.nnet.conv2d(T.nnet.conv2d(images, filters), filters)
    function = theano.function([images], twice, mode=OPTIMIZED)
    assert_equal(precisions(function), {('Convolution', 'float32'): 2})


def autoencoder(decode):
    """Images, filters, and what ``decode`` makes of the code, rectified."""
    images, filters = T.ftensor4(), theano.shared(random(5, 3, 4, 4))
    layer = Conv2DLayer(InputLayer((None, 3, 8, 8), images), 5, 4, stride=2, pad=1, W=filters)
    return images, filters, T.nnet.relu(decode(layer))


def by_its_layer(layer):
    """A transposed convolution with the filters of the layer."""
    return get_output(TransposedConv2DLayer(layer, 3, 4, stride=2, crop=1, W=layer.W))


def by_its_gradient(layer):
    """What later releases of Lasagne call the inverse of a layer."""
    code = get_output(layer)
    images = layer.input_layer.input_var
    return theano.grad(
        None,
        images,
        known_grads={T.nnet.conv2d(images, layer.W, border_mode=1, subsample=(2, 2)): code},
    )


def check_autoencoder(decode):
    images, filters, decoded = autoencoder(decode)
    function = theano.function([images], decoded, mode=OPTIMIZED)
    assert_equal({precision for _, precision in precisions(function)}, {'float32'})
    gradient = theano.grad(T.sqr(decoded - images).sum(), filters)
    function = theano.function([images], [decoded, gradient], mode=OPTIMIZED)
    assert_equal(
        precisions(function),
        {
            ('Convolution', 'float32'): 1,
            ('ConvolutionGradInputs', 'float32'): 1,
            ('Convolution', 'nearly float32'): 1,
            ('ConvolutionGradWeights', 'nearly float32'): 2,
        },
    )


def test_what_decodes_by_the_filters_that_encoded_is_no_gradient():
    for decode in by_its_layer, by_its_gradient:
        yield check_autoencoder, decode


def test_a_network_that_is_applied_to_a_gradient_is_none():
    images, filters = T.ftensor4(), theano.shared(random(3, 3, 3, 3))

    def network(maps):
        return T.nnet.relu(T.nnet.conv2d(T.nnet.relu(T.nnet.conv2d(maps, filters)), filters))

    gradient = theano.grad(network(images).sum(), images)
    function = theano.function([images], network(images + T.sgn(gradient)), mode=OPTIMIZED)
    assert_equal(
        precisions(function),
        {('Convolution', 'float32'): 4, ('ConvolutionGradInputs', 'nearly float32'): 2},
    )


def test_a_gradient_that_a_cost_is_made_of_is_as_exact_as_the_cost():
    images, filters = T.ftensor4(), theano.shared(random(3, 3, 3, 3))
    score = T.nnet.relu(T.nnet.conv2d(images, filters)).sum()
    penalty = T.sqr(theano.grad(score, images)).sum()
    function = theano.function([images], theano.grad(penalty, filters), mode=OPTIMIZED)
    found = precisions(function)
    assert_equal(found['ConvolutionGradInputs', 'float32'], 1)
    assert_equal(found['ConvolutionGradWeights', 'nearly float32'], 1)


def test_bfloat16_everywhere():
    mode = optimized(theano.Mode('py', 'fast_run'), 'bfloat16')
    assert_equal(sum(precisions(network_step(mode)).values()), 9)
    assert_equal({precision for _, precision in precisions(network_step(mode))}, {'bfloat16'})


# Graphs that this project does not contain


def residual_network(images):
    """Two kinds of residual blocks, pooling, a dense layer, dropout of both and a softmax."""
    layer = Conv2DLayer(InputLayer((None, 3, 9, 8), images), 4, 3, pad=1, flip_filters=False)
    branch = batch_norm(Conv2DLayer(layer, 4, 3, pad=1))
    branch = batch_norm(Conv2DLayer(branch, 4, 3, pad=1, nonlinearity=None))
    layer = NonlinearityLayer(ElemwiseSumLayer([layer, branch]), rectify)
    layer = DropoutLayer(MaxPool2DLayer(layer, 2), 0.3)
    branch = BatchNormLayer(Conv2DLayer(layer, 4, 1, nonlinearity=LeakyRectify(0.1)))
    layer = ConcatLayer([branch, layer, branch])
    layer = lasagne.layers.Conv2DLayer(layer, 5, (1, 3), stride=(1, 2), nonlinearity=T.tanh)
    return DenseLayer(DropoutLayer(DenseLayer(layer, 6)), 4, nonlinearity=softmax)


def check_residual_network(deterministic):
    lasagne.random.set_rng(np.random.RandomState(1))
    images = T.ftensor4()
    function = check_layer(
        residual_network(images), [images], [random(3, 3, 9, 8)], deterministic=deterministic
    )
    for batch in (1, 7):
        assert function(random(batch, 3, 9, 8))[0].shape == (batch, 4)
    found = counts(function)
    assert_equal(found['Convolution'], 5)
    assert_equal(found['Normalize'], 0 if deterministic else 3)
    assert_equal(found['NormalizeGrad'], 0 if deterministic else 3)


def test_residual_network():
    yield check_residual_network, False
    yield check_residual_network, True


def test_convolutions_under_other_nonlinearities():
    """Biases, transposed convolutions, sums of three, and arguments of one channel."""
    images = T.ftensor4()
    for nonlinearity in (rectify, T.tanh, LeakyRectify(0.3), T.nnet.softplus):
        layer = Conv2DLayer(
            InputLayer((None, 1, 4, 6), images), 2, 3, pad=1, b=random(2), nonlinearity=nonlinearity
        )
        layer = TransposedConv2DLayer(
            layer, 1, 4, 2, crop=1, b=random(1), nonlinearity=nonlinearity
        )
        output = get_output(layer)
        function = check(
            [images],
            with_gradients(output * output + 3 * output, [images] + get_all_params(layer)),
            [random(2, 1, 4, 6)],
        )
        assert_equal(counts(function)['ConvolutionGradWeights'], 2)


def test_broadcastable_axes():
    one = T.TensorType('float32', (True, False, False, False))()
    filters = T.TensorType('float32', (False, True, False, False))()
    output = T.nnet.relu(T.nnet.conv2d(one, filters, border_mode='half'))
    function = check(
        [one, filters],
        with_gradients(output, [one, filters]),
        [random(1, 1, 5, 5), random(3, 1, 3, 3)],
    )
    assert_equal(counts(function)['Convolution'], 1)


def test_inference_with_variances():
    images, filters = T.ftensor4(), theano.shared(random(3, 2, 3, 3))
    vectors = [theano.shared(np.abs(random(3, seed=seed))) for seed in range(4)]
    maps = T.nnet.conv2d(images, filters)
    output = T.nnet.relu(T.nnet.bn.batch_normalization_test(maps, *vectors, axes='spatial'), 0.2)
    function = check([images], [output], [random(2, 2, 5, 4)])
    assert_equal(counts(function), {'ChannelsLast': 1, 'Convolution': 1, 'Affine': 1})


def test_views_of_the_images():
    """Slices, turned round and repeated ones, from within the graph and from outside."""
    images, filters = T.ftensor4(), theano.shared(random(3, 2, 3, 3))
    output = T.nnet.conv2d(images[:, ::-1, 1:, ::2], filters)
    array = random(2, 2, 7, 12)
    function = check([images], with_gradients(output, [images, filters]), [array])
    expected = function(array)
    for other in (
        np.asfortranarray(array),
        array[:, :, ::-1].copy()[:, :, ::-1],
        np.broadcast_to(array[..., None], array.shape + (3,))[..., 1],
    ):
        for ours, theirs in zip(function(other), expected):
            np.testing.assert_array_equal(ours, theirs)


def test_maps_that_follow_their_own_statistics():
    """A concatenation of normalized maps and of their mean, which is known only then."""
    images, filters, vector = T.ftensor4(), theano.shared(random(3, 2, 3, 3)), T.fvector()
    maps = T.nnet.conv2d(images, filters)
    normalized, mean, _ = T.nnet.bn.batch_normalization_train(maps, vector, vector, 'spatial')
    output = T.concatenate([normalized, maps - mean.dimshuffle('x', 0, 'x', 'x')], 1)
    function = check([images, vector], [output], [random(2, 2, 5, 4), random(3)])
    assert_equal(counts(function)['Concatenate'], 1)


def test_numbers_for_each_channel():
    images, filters = T.ftensor4(), theano.shared(random(3, 2, 3, 3))
    one, two, three = [
        theano.shared(random(3, seed=seed)).dimshuffle('x', 0, 'x', 'x') for seed in range(3)
    ]
    maps = T.nnet.conv2d(images, filters)
    function = check([images], [three + two * (maps - one)], [random(2, 2, 5, 4)])
    assert_equal(counts(function), {'ChannelsLast': 1, 'Convolution': 1, 'Affine': 1})
    function = check([images], [one - maps, maps / one], [random(2, 2, 5, 4)])
    assert_equal(counts(function), {'ChannelsLast': 1, 'Convolution': 1})


def test_one_number_for_all_channels():
    images, filters = T.ftensor4(), theano.shared(random(3, 2, 3, 3))
    number = theano.shared(random(1), broadcastable=(True,))
    output = T.nnet.conv2d(images, filters) * number.dimshuffle('x', 0, 'x', 'x')
    check([images], [output], [random(2, 2, 5, 4)])


def between_convolutions(layer):
    """A layer, made of another one, between two convolutions, and its gradients."""
    images = T.ftensor4()
    network = Conv2DLayer(InputLayer((None, 2, 9, 8), images), 3, 3, pad=1, nonlinearity=None)
    network = Conv2DLayer(layer(network), 2, 3, pad=1, nonlinearity=None)
    output = get_output(network)
    wrt = [images] + get_all_params(network)
    return check([images], with_gradients(output, wrt), [random(3, 2, 9, 8)])


CONVOLUTIONS = {
    'ChannelsLast': 2,  # the images, and the gradient that a test begins with
    'Convolution': 2,
    'Affine': 2,
    'ConvolutionGradInputs': 2,
    'ConvolutionGradWeights': 2,
    'SumChannels': 1,  # Theano sums what a test begins with
}


def test_max_pooling():
    for window in (2, (3, 1)):
        function = between_convolutions(lambda maps, window=window: MaxPool2DLayer(maps, window))
        assert_equal(counts(function), {**CONVOLUTIONS, 'MaxPool': 1, 'MaxPoolGrad': 1})


def test_other_poolings_remain_theanos():
    for layer in (
        lambda maps: MaxPool2DLayer(maps, 3, stride=2),
        lambda maps: MaxPool2DLayer(maps, 2, ignore_border=False),
        lambda maps: MaxPool2DLayer(maps, 2, pad=1),
        lambda maps: lasagne.layers.Pool2DLayer(maps, 2, mode='average_exc_pad'),
    ):
        found = counts(between_convolutions(layer))
        assert not {'MaxPool', 'MaxPoolGrad'} & set(found)


def test_enlarging():
    """Repeated pixels, by rows and columns in one operation."""
    function = between_convolutions(lambda maps: Upscale2DLayer(maps, 3))
    assert_equal(counts(function), {**CONVOLUTIONS, 'Enlarge': 1, 'SumWindows': 1})


def test_other_repetitions_remain_theanos():
    images, filters, count = T.ftensor4(), theano.shared(random(3, 2, 3, 3)), T.lscalar()
    maps = T.nnet.conv2d(images, filters)
    for axis, times in ((1, 2), (0, 2), (2, count)):
        output = T.extra_ops.repeat(maps, times, axis)
        function = check(
            [images, count], with_gradients(output, [images, filters]), [random(2, 2, 6, 5), 2]
        )
        assert not {'Enlarge', 'SumWindows'} & set(counts(function))


def test_tangents():
    function = between_convolutions(lambda maps: NonlinearityLayer(maps, T.tanh))
    assert_equal(counts(function), {**CONVOLUTIONS, 'Tanh': 1})


def test_sigmoids():
    """Theano knows a way to the logarithm of one that is 0 in float32: it comes first."""
    images, filters = T.ftensor4(), theano.shared(random(3, 2, 3, 3))
    painted = T.nnet.sigmoid(T.nnet.conv2d(images, filters))
    array = random(2, 2, 6, 5)
    function = check([images], with_gradients(painted, [images, filters]), [array])
    assert_equal(counts(function)['Sigmoid'], 1)
    function = theano.function([images], T.log(painted), mode=OPTIMIZED)
    assert_equal(counts(function)['Sigmoid'], 0)
    assert np.isfinite(function(-1e4 * abs(array))).all()


def test_means():
    """Over all numbers, and over pictures and positions, whose number is known in part."""
    images, filters = T.ftensor4(), theano.shared(random(3, 2, 3, 3))
    for shape, axes in (((None, 2, 6, 5), None), (None, (0, 2, 3))):
        maps = T.nnet.conv2d(images, filters, shape, (3, 2, 3, 3))
        mean = T.sqr(maps).mean(axes)
        function = check(
            [images], [mean] + theano.grad(mean.sum(), [images, filters]), [random(2, 2, 6, 5)]
        )
        nodes = function.maker.fgraph.apply_nodes
        assert not [
            node
            for node in nodes
            if isinstance(node.op, (Subtensor, MakeVector)) and node.outputs[0].dtype == 'float32'
        ]
        sizes = [
            node.inputs[2]
            for node in nodes
            if isinstance(node.op, operations.ConvolutionGradWeights)
        ]
        assert_equal([size.data.tolist() for size in sizes], [[3, 3]])


# Single patterns


def after(optimizations, inputs, outputs):
    """The operations of a graph, and its scalar ones, after some optimizations."""
    graph = FunctionGraph(inputs, outputs, clone=True)
    in_order(optimizations).optimize(graph)
    ops = [node.op for node in graph.apply_nodes]
    return ops + [op.scalar_op for op in ops if isinstance(op, T.Elemwise)]


def kinds(ops):
    return Counter(type(op).__name__ for op in ops)


def check_rectifier(rectifier, slope):
    x = T.ftensor4()
    outputs = with_gradients(rectifier(x), [x])
    ops = after(RECTIFIERS, [x], outputs)
    assert_equal([op.slope for op in ops if isinstance(op, operations.RectifyGrad)], [slope])
    assert operations.Rectify(slope) in ops
    check([x], outputs, [random(2, 3, 4, 5)])


def test_rectifiers():
    for rectifier, slope in [
        (rectify, 0),
        (T.nnet.relu, 0),
        (LeakyRectify(0.01), 0.01),
        (lambda x: T.nnet.relu(x, 0.25), 0.25),
        (lambda x: abs(x) * 0.25 + x * 0.75, 0.5),
    ]:
        yield check_rectifier, rectifier, slope


def test_what_is_no_rectifier():
    x, slope = T.ftensor4(), T.fscalar()
    for output in (
        0.3 * (x + abs(x)),
        0.75 * x + 0.5 * abs(x),
        0.25 * x + 0.75 * abs(x),
        0.5 * (x + abs(2 * x)),
        T.nnet.relu(x, slope),
        T.nnet.relu(T.flatten(x)),
    ):
        found = kinds(after(RECTIFIERS, [x, slope], with_gradients(output, [x])))
        assert not found['Rectify'] and not found['RectifyGrad']


def test_convolutions_that_remain_theanos():
    x, filters = T.ftensor4(), T.ftensor4()
    for options in ({'filter_dilation': (2, 1)}, {'num_groups': 2}):
        output = T.nnet.conv2d(x, filters, **options)
        found = kinds(after(LAYOUT, [x, filters], with_gradients(output, [x, filters])))
        assert found['AbstractConv2d'] == 1 and not found['ChannelsLast']
    x, filters = T.dtensor4(), T.dtensor4()
    found = kinds(after(LAYOUT, [x, filters], [T.nnet.conv2d(x, filters)]))
    assert found['AbstractConv2d'] == 1


def test_normalizations_that_remain_theanos():
    x, filters, vector = T.ftensor4(), T.ftensor4(), T.fvector()
    epsilon = T.fscalar()
    maps = T.nnet.conv2d(x, filters)
    operation = T.nnet.bn.AbstractBatchNormTrain((0, 2, 3))
    column = vector.dimshuffle('x', 0, 'x', 'x')
    for output in (
        operation(x, column, column)[0],  # not of maps of ours
        operation(maps, column, column, epsilon)[0],
        T.nnet.bn.batch_normalization_train(
            maps, vector, vector, 'spatial', running_mean=vector, running_var=vector
        )[0],
    ):
        found = kinds(after(LAYOUT, [x, filters, vector, epsilon], [output]))
        assert found['AbstractBatchNormTrain'] == 1 and not found['Normalize']


# Adam


def moved_by(make_updates, mode, calls=3):
    """Parameters and all else that the updates move, after some calls of a function."""
    params = [
        theano.shared(random(*shape, seed=seed), f'p{seed}')
        for seed, shape in enumerate([(3, 2), (4,), (2, 1, 2)])
    ]
    x = T.fscalar()
    loss = sum((T.sqr(T.sqr(param) - x)).sum() for param in params)
    updates = make_updates(loss, params)
    function = theano.function([x], loss, updates=updates, mode=mode)
    for number in range(calls):
        function(np.float32(number))
    return [variable.get_value() for variable in updates], function


def adam_with_clipping(loss, params):
    updates = lasagne.updates.adam(loss, params, 0.1)
    for param in params[:2]:
        updates[param] = T.clip(updates[param], -0.5, 0.5)
    return updates


def adam_with_weight_decay(loss, params):
    return Adam(theano.shared(np.float32(0.1)), weight_decay=0.5)(loss, params)


def two_rates(loss, params):
    updates = lasagne.updates.adam(loss, params[:1], 0.1)
    updates.update(lasagne.updates.adam(loss, params[1:], T.sqr(params[0]).sum() / 100))
    return updates


def one_after_the_other(loss, params):
    """The gradient of the second parameter is that where the first one has moved already."""
    updates = lasagne.updates.adam(loss**2, params[:2], 0.1)
    moved = {params[0]: updates[params[0]]}
    for variable in list(updates)[3:6]:
        updates[variable] = theano.clone(updates[variable], moved)
    return updates


def check_adam(make_updates, sizes):
    found, function = moved_by(make_updates, OPTIMIZED)
    expected, _ = moved_by(make_updates, AS_DEFINED)
    assert_near(found, expected)
    ops = [node.op for node in function.maker.fgraph.apply_nodes]
    adams = [op for op in ops if isinstance(op, operations.Adam)]
    assert_equal(sorted(op.count for op in adams), sizes)
    assert all(op.inplace for op in adams)


def test_adam():
    yield check_adam, lambda loss, params: lasagne.updates.adam(loss, params), [3]
    yield check_adam, adam_with_clipping, [1, 2]
    yield check_adam, adam_with_weight_decay, [3]
    yield check_adam, two_rates, [1, 2]
    yield check_adam, one_after_the_other, []


def test_other_rules_remain_theanos():
    yield check_adam, lambda loss, params: lasagne.updates.rmsprop(loss, params), []
    yield check_adam, lambda loss, params: lasagne.updates.momentum(loss, params, 0.1), []
    yield (
        check_adam,
        lambda loss, params: lasagne.updates.adam(
            loss, params, beta1=theano.shared(np.float32(0.9))
        ),
        [],
    )


def test_adam_where_theano_does_not_watch():
    """Without its rewritings in place Theano does not know of overwritten variables."""
    mode = optimized(theano.Mode('py', 'fast_compile'))
    found, function = moved_by(lasagne.updates.adam, mode)
    assert_near(found, moved_by(lasagne.updates.adam, AS_DEFINED)[0])
    (adam,) = [
        node.op
        for node in function.maker.fgraph.apply_nodes
        if isinstance(node.op, operations.Adam)
    ]
    assert not adam.inplace


def test_adam_leaves_what_is_returned():
    param = theano.shared(random(3))
    before = param.get_value()
    updates = lasagne.updates.adam(T.sqr(param).sum(), [param], 0.1)
    function = theano.function([], [param, 2 * param], updates=updates, mode=OPTIMIZED)
    value, twice = function()
    np.testing.assert_array_equal(value, before)
    np.testing.assert_array_equal(twice, 2 * before)
    assert not np.array_equal(param.get_value(), before)


# The networks of this project


def small_critic():
    centre = InputLayer((None, 3, 8, 8), name='centre')
    layer = conv_block(centre, 2, nonlinearity=LeakyRectify(0.01), name='conv1')
    layer = conv_block(layer, 3, nonlinearity=LeakyRectify(0.01), name='conv2')
    return Conv2DLayer(layer, 4, 2, b=None, nonlinearity=None, name='conv3')


def algorithms(mode):
    """Both algorithms on the same networks, compiled in that mode."""
    lasagne.random.set_rng(np.random.RandomState(1))
    generator = GENERATORS['generator'](filters=(2, 3, 4, 5), size=16)
    with patch('theano.compile.mode.instantiated_default_mode', mode):
        return [
            Adversarial(
                generator,
                small_critic(),
                generator_optimizer=Adam(2e-3),
                critic_optimizer=Adam(2e-3),
                critic_steps=2,
                backend=Backend('theano'),
            ),
            Reconstruction(generator, Adam(2e-3), backend=Backend('theano')),
        ]


@as_defined()
def train(algorithms):
    """Losses, and the values of all variables after two rounds, which are then reset."""
    variables = [
        variable
        for algorithm in algorithms
        for group in algorithm.state.values()
        for variable in group
    ]
    before = [variable.get_value() for variable in variables]
    losses = []
    for seed in (1, 2):
        context, centre = random(3, 3, 16, 16, seed=seed), random(3, 3, 8, 8, seed=seed)
        for algorithm in algorithms:
            losses += algorithm.update({'context': context, 'centre': centre}).values()
    values = [variable.get_value() for variable in variables]
    for variable, value in zip(variables, before):
        variable.set_value(value)
    return losses, values


def test_training():
    ours = algorithms(OPTIMIZED)
    losses, values = train(ours)
    expected_losses, expected_values = train(algorithms(AS_DEFINED))
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-4)
    for found, expected in zip(values, expected_values):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
    losses_again, values_again = train(ours)
    assert_equal(losses, losses_again)
    for found, again in zip(values, values_again):
        np.testing.assert_array_equal(found, again)


def l2_step(generator, images):
    target = T.ftensor4('target')
    loss = T.sqr(get_output(generator) - target).mean()
    updates = Adam(2e-3)(loss, get_all_params(generator, trainable=True))
    return theano.function([images, target], loss, updates=updates, mode=OPTIMIZED)


def test_nothing_copies_between_two_convolutions():
    images = T.ftensor4('images')
    function = l2_step(GENERATORS['generator'](images), images)
    assert_equal(
        counts(function),
        {
            'ChannelsLast': 1,
            'Convolution': 7,
            'Normalize': 6,
            'NormalizeGrad': 6,
            'SplitChannels': 2,
            'ConvolutionGradInputs': 6,
            'ConvolutionGradWeights': 7,
            'Sigmoid': 1,
            'Adam': 1,
        },
    )
    ours = [
        node
        for node in function.maker.fgraph.apply_nodes
        if is_ours(node.op) and not isinstance(node.op, operations.Adam)
    ]
    borders = {
        variable
        for node in ours
        for variable in node.inputs
        if variable.ndim == 4 and variable.owner is not None and variable.owner not in ours
    }
    assert_equal(len(borders), 1)  # the gradient of the loss for the last layer


def test_inference():
    images = T.ftensor4('images')
    painted = get_output(GENERATORS['generator'](images), deterministic=True)
    function = theano.function([images], painted, mode=OPTIMIZED)
    assert_equal(
        counts(function),
        {
            'ChannelsLast': 1,
            'Convolution': 4,
            'Affine': 6,
            'ConvolutionGradInputs': 3,
            'Sigmoid': 1,
        },
    )


def test_functions_in_threads():
    """They share variables and prepared convolutions, but no memory that is written."""
    centre = T.ftensor4()
    score = get_output(CRITICS['critic'](centre), batch_norm_update_averages=False)
    functions = [
        theano.function([centre], [score, theano.grad(score.mean(), centre)], mode=OPTIMIZED)
        for _ in range(2)
    ]
    arrays = [random(3, 3, 32, 32, seed=seed) for seed in range(2)]
    expected = [function(array) for function, array in zip(functions, arrays)]
    with ThreadPoolExecutor(2) as threads:
        for _ in range(5):
            found = list(threads.map(lambda function, array: function(array), functions, arrays))
            for ours, theirs in zip(sum(found, []), sum(expected, [])):
                np.testing.assert_array_equal(ours, theirs)
