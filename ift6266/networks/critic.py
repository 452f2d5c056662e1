"""The critic of the report: how real does a centre look?"""
from lasagne.layers import InputLayer
from lasagne.nonlinearities import LeakyRectify

from ift6266.layers import Conv2DLayer
from ift6266.networks.blocks import conv_block


def build_critic(centre=None, num_outputs=256, leakiness=0.01):
    """The layer graph of the table "Critic".

    Parameters
    ----------
    centre : Theano variable, optional
        (batch, 3, 32, 32) floatX in [0, 1].
    num_outputs : int
        Filters of Conv5: 256 in the report, 1 in its notebook.
    leakiness : float
        Slope of the rectifier below zero: 0.01 in the notebook; the report's text
        says ReLU, which is 0.

    Returns
    -------
    Layer
        (batch, num_outputs, 1, 1); the score of a centre is the mean of its outputs.
    """
    layer = InputLayer((None, 3, 32, 32), centre, name='centre')
    for number, num_filters in enumerate([32, 64, 96, 128], start=1):
        layer = conv_block(layer, num_filters, LeakyRectify(leakiness),
                           name='conv{}'.format(number))
    return Conv2DLayer(layer, num_outputs, 2, b=None, nonlinearity=None, name='conv5')
