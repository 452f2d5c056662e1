"""The same calls in PyTorch, written as its users would write them.

The networks are the report's tables again, with the same ε of batch normalization and the
same Adam; ``tests/experiments/test_benchmark.py`` shows that they compute the same.  There
are four forms: 'eager'; 'channels last', where networks and minibatches have that memory
order; 'compile', which is the same with losses and networks through ``torch.compile``; and
'reduce overhead', which is that in the mode of this name, by CUDA graphs.  In bfloat16 networks
and losses compute in autocast, their gradients outside, as PyTorch advises.

On a processor minibatches are PyTorch's own, in the right memory order, before the clock starts.
To a GPU each call copies its minibatch from pinned memory, of training as bytes; losses stay
there.  Functions take a form as (name, precision).
"""

from functools import cache, partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .environment import DEVICE
from .minibatches import critic_minibatch, pictures, training_minibatch
from .shapes import SHAPES

__all__ = ['CALLS', 'peak_memory', 'start', 'wait']

COMPILED = {'compile': None, 'reduce overhead': 'reduce-overhead'}  # and the modes of these forms
LEARNING_RATE, BETAS, CLIP, CRITIC_STEPS = 2e-3, (0.5, 0.999), 0.03, 5


def down(channels, filters, activation, *, size=4, stride=2, padding=1):
    return nn.Sequential(
        nn.Conv2d(channels, filters, size, stride, padding, bias=False),
        nn.BatchNorm2d(filters, eps=1e-4),
        activation,
    )


def up(channels, filters):
    return nn.Sequential(
        nn.ConvTranspose2d(channels, filters, 4, 2, 1, bias=False),
        nn.BatchNorm2d(filters, eps=1e-4),
        nn.ReLU(inplace=True),
    )


class Generator(nn.Module):
    """Table "Generator"."""

    def __init__(self):
        super().__init__()
        self.conv1 = down(3, 32, nn.ReLU(inplace=True))
        self.conv2 = down(32, 64, nn.ReLU(inplace=True))
        self.conv3 = down(64, 96, nn.ReLU(inplace=True))
        self.conv4 = down(96, 128, nn.ReLU(inplace=True))
        self.tconv1 = up(128, 96)
        self.tconv2 = up(96 + 96, 64)
        self.tconv3 = nn.ConvTranspose2d(64 + 64, 3, 4, 2, 1, bias=False)

    def forward(self, context):
        conv2 = self.conv2(self.conv1(context))
        conv3 = self.conv3(conv2)
        x = self.tconv1(self.conv4(conv3))
        x = self.tconv2(torch.cat([x, conv3], 1))
        return torch.sigmoid(self.tconv3(torch.cat([x, conv2], 1)))


class CaptionGenerator(nn.Module):
    """Table "Caption generator"."""

    def __init__(self):
        super().__init__()
        self.conv1 = down(3, 32, nn.ReLU(inplace=True))
        self.conv2 = down(32, 64, nn.ReLU(inplace=True))
        self.conv3 = down(64, 96, nn.ReLU(inplace=True))
        self.conv4 = down(96, 128, nn.ReLU(inplace=True))
        self.conv5 = down(128, 256, nn.ReLU(inplace=True))
        self.conv6 = down(256, 256, nn.ReLU(inplace=True), size=2, stride=1, padding=0)
        self.tconv1 = up(256 + 300, 128)
        self.tconv2 = up(128 + 256, 96)
        self.tconv3 = up(96 + 128, 64)
        self.tconv4 = up(64 + 96, 32)
        self.tconv5 = nn.ConvTranspose2d(32 + 64, 3, 4, 2, 1, bias=False)

    def forward(self, context, caption):
        conv2 = self.conv2(self.conv1(context))
        conv3 = self.conv3(conv2)
        conv4 = self.conv4(conv3)
        conv5 = self.conv5(conv4)
        x = self.tconv1(torch.cat([self.conv6(conv5), caption[:, :, None, None]], 1))
        x = self.tconv2(torch.cat([x, conv5], 1))
        x = self.tconv3(torch.cat([x, conv4], 1))
        x = self.tconv4(torch.cat([x, conv3], 1))
        return torch.sigmoid(self.tconv5(torch.cat([x, conv2], 1)))


class Critic(nn.Module):
    """Table "Critic"; the mean of all its outputs."""

    def __init__(self):
        super().__init__()
        self.conv1 = down(3, 32, nn.LeakyReLU(0.01, inplace=True))
        self.conv2 = down(32, 64, nn.LeakyReLU(0.01, inplace=True))
        self.conv3 = down(64, 96, nn.LeakyReLU(0.01, inplace=True))
        self.conv4 = down(96, 128, nn.LeakyReLU(0.01, inplace=True))
        self.conv5 = nn.Conv2d(128, 256, 2, bias=False)

    def forward(self, centre):
        return self.conv5(self.conv4(self.conv3(self.conv2(self.conv1(centre))))).mean()


def start(name, precision):
    """Let compiled functions be compiled anew for each batch size, and never fall back.

    On a GPU also choose the precision of products, and let cuDNN look for the fastest.
    """
    if DEVICE == 'cuda':
        if not torch.cuda.is_available():
            raise RuntimeError('PyTorch sees no GPU')
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = precision != 'float32'
        torch.backends.cuda.matmul.allow_tf32 = precision != 'float32'
    if name in COMPILED:
        torch.compiler.config.recompile_limit = 64
        torch.compiler.config.fail_on_recompile_limit_hit = True


def wait(result):
    """Wait for the device, where that is not this processor."""
    if DEVICE == 'cuda':
        torch.cuda.synchronize()


def peak_memory():
    """The most memory of the GPU that was in use, in MB; None on a processor."""
    return torch.cuda.max_memory_allocated() / 1e6 if DEVICE == 'cuda' else None


def ordered(form, thing):
    """A network, or pictures, in the memory order of a form."""
    return thing if form[0] == 'eager' else thing.to(memory_format=torch.channels_last)


def network(form, build):
    """A new network, on the device."""
    return ordered(form, build().to(DEVICE))


def tensors(form, minibatch):
    """A function that gives a minibatch's arrays as tensors, copied to a GPU at each call.

    Sentence vectors have no memory order to choose.
    """
    made = [
        ordered(form, tensor) if tensor.ndim == 4 else tensor
        for tensor in map(torch.from_numpy, minibatch.values())
    ]
    if DEVICE == 'cpu':
        return lambda: made
    pinned = [tensor.pin_memory() for tensor in made]
    return lambda: [tensor.to(DEVICE, non_blocking=True) for tensor in pinned]


def training_tensors(form, batch, captions=False):
    """A function that gives the tensors of a training minibatch, (context, …, target)."""
    minibatch = training_minibatch(batch, captions)
    if DEVICE == 'cpu':
        return tensors(form, minibatch)
    others = {'caption': minibatch['caption']} if captions else {}
    copied = tensors(form, {'image': pictures(batch)[:batch], **others})
    prepare = compiled((form[0], 'float32'), prepared)

    def prepared_tensors():
        image, *rest = copied()
        context, target = prepare(image)
        return [context, *rest, target]

    return prepared_tensors


def prepared(image):
    """Bytes of pictures as floats, with the hole cut; and what was there."""
    context = image.float() / 255
    target = context[:, :, 16:48, 16:48].clone()
    context[:, :, 16:48, 16:48] = 0
    return context, target


def compiled(form, function):
    """The function, in the precision of a form, and compiled where that is one."""
    name, precision = form

    def in_precision(*arguments):
        with torch.autocast(DEVICE, torch.bfloat16, enabled=precision == 'bfloat16'):
            return function(*arguments)

    if name not in COMPILED:
        return in_precision
    function_of = torch.compile(in_precision, dynamic=False, mode=COMPILED[name])
    if name == 'compile':
        return function_of

    def without_overwriting(*arguments):
        """CUDA graphs write their results to the same memory each time."""
        torch.compiler.cudagraph_mark_step_begin()
        return torch.utils._pytree.tree_map(torch.clone, function_of(*arguments))

    return without_overwriting


def adam(network):
    return torch.optim.Adam(network.parameters(), LEARNING_RATE, BETAS, fused=True)


def descend(loss, optimizer):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def read(loss):
    """A float; on a GPU nobody waits for it."""
    return loss.item() if DEVICE == 'cpu' else loss.detach()


class L2:
    """The report's first system."""

    def __init__(self, form):
        self.generator = network(form, Generator)
        self.adam = adam(self.generator)

        def loss(context, target):
            return F.mse_loss(self.generator(context), target)

        self.loss = compiled(form, loss)

    def update(self, context, target):
        loss = self.loss(context, target)
        descend(loss, self.adam)
        return read(loss)


class WGAN:
    """The report's second system, and with captions its third."""

    def __init__(self, form, build=Generator):
        self.generator, self.critic = network(form, build), network(form, Critic)
        self.generator_adam, self.critic_adam = adam(self.generator), adam(self.critic)

        def critic_loss(target, painted):
            return -(self.critic(target) - self.critic(painted)) / 2

        def generator_loss(*minibatch):
            *inputs, target = minibatch
            painted = self.generator(*inputs)
            squared_error = F.mse_loss(painted, target)
            return squared_error - self.critic(painted) / 2, squared_error

        self.forward = compiled(form, self.generator)
        self.critic_loss = compiled(form, critic_loss)
        self.generator_loss = compiled(form, generator_loss)

    def paint(self, *inputs):
        with torch.no_grad():
            return self.forward(*inputs)

    def critic_step(self, target, painted):
        self.critic.requires_grad_(True)
        loss = self.critic_loss(target, painted)
        descend(loss, self.critic_adam)
        with torch.no_grad():
            parameters = list(self.critic.parameters())
            torch._foreach_clamp_min_(parameters, -CLIP)
            torch._foreach_clamp_max_(parameters, CLIP)
        return read(loss)

    def generator_step(self, *minibatch):
        self.critic.requires_grad_(False)  # spares the gradients by its parameters
        loss, squared_error = self.generator_loss(*minibatch)
        descend(loss, self.generator_adam)
        return read(loss), read(squared_error)

    def update(self, *minibatch):
        *inputs, target = minibatch
        painted = self.paint(*inputs)
        for _ in range(CRITIC_STEPS):
            self.critic_step(target, painted)
        return self.generator_step(*minibatch)

    def update_as_notebook(self, *minibatch):
        """The loop of the report's notebook, which paints anew for each critic step."""
        *inputs, target = minibatch
        for _ in range(CRITIC_STEPS):
            self.critic_step(target, self.paint(*inputs))
        return self.generator_step(*minibatch)


@cache
def l2(form):
    return L2(form)


@cache
def wgan(form, build=Generator):
    return WGAN(form, build)


@cache
def inpaint(form):
    return compiled(form, network(form, Generator).eval())


def critic_step(form, batch):
    step, minibatch = wgan(form).critic_step, tensors(form, critic_minibatch(batch))
    return lambda: step(*minibatch()[1:])


def generator_step(form, batch):
    step, minibatch = wgan(form).generator_step, training_tensors(form, batch)
    return lambda: step(*minibatch())


def wgan_iteration(form, batch):
    system, minibatch = wgan(form), training_tensors(form, batch)
    return lambda: system.update(*minibatch())


def wgan_iteration_as_notebook(form, batch):
    system, minibatch = wgan(form), training_tensors(form, batch)
    return lambda: system.update_as_notebook(*minibatch())


def l2_step(form, batch):
    system, minibatch = l2(form), training_tensors(form, batch)
    return lambda: system.update(*minibatch())


def inference(form, batch):
    paint, minibatch = inpaint(form), tensors(form, training_minibatch(batch))

    def call():
        with torch.inference_mode():
            return paint(minibatch()[0]).float().cpu().numpy()

    return call


def caption_wgan_iteration(form, batch):
    system = wgan(form, CaptionGenerator)
    minibatch = training_tensors(form, batch, captions=True)
    return lambda: system.update(*minibatch())


class Pictures(torch.utils.data.Dataset):
    """Random pictures with the hole cut, fetched a minibatch at a time, the fastest way.

    NumPy does it, as in our stream: PyTorch's threads do not pay for so little.
    """

    def __init__(self, batch):
        self.pixels = pictures(batch)

    def __len__(self):
        return len(self.pixels)

    def __getitems__(self, numbers):
        context = np.divide(self.pixels[numbers], 255, dtype='float32')
        target = context[:, :, 16:48, 16:48].copy()
        context[:, :, 16:48, 16:48] = 0
        return torch.from_numpy(context), torch.from_numpy(target)


def stream(_, batch):
    """The next minibatch of a DataLoader over pictures in memory.

    It loads them in this process: to receive minibatches from others takes longer than to make
    them.
    """
    loader = torch.utils.data.DataLoader(
        Pictures(batch), batch, shuffle=True, drop_last=True, collate_fn=lambda minibatch: minibatch
    )

    def epochs():
        while True:
            yield from loader

    minibatches = epochs()
    return lambda: next(minibatches)


def convolution(shape, form, batch):
    """A layer and its two gradients."""
    maps, filters, gradient = [
        ordered(form, torch.from_numpy(array.copy())).to(DEVICE) for array in shape.arrays(batch)
    ]
    function = F.conv_transpose2d if shape.transposed else F.conv2d
    layer = compiled(
        form, lambda maps: function(maps, filters, stride=shape.stride, padding=shape.pad)
    )
    maps.requires_grad_()
    filters.requires_grad_()

    def call():
        result = layer(maps)
        return result, torch.autograd.grad(result, [maps, filters], gradient)

    return call


def matrix_product(_, size):
    matrix = torch.ones(size, size, device=DEVICE)
    return lambda: matrix @ matrix


CALLS = {
    'critic step': critic_step,
    'generator step': generator_step,
    'wgan iteration': wgan_iteration,
    'wgan iteration as notebook': wgan_iteration_as_notebook,
    'l2 step': l2_step,
    'inference': inference,
    'caption wgan iteration': caption_wgan_iteration,
    'stream': stream,
    'matrix product': matrix_product,
    **{name: partial(convolution, shape) for name, shape in SHAPES.items()},
}
