"""The critic of the report, which scores how real a centre is."""

import numpy as np
from lasagne.layers import InputLayer
from lasagne.nonlinearities import LeakyRectify

from ift6266.layers import (
    Conv2DLayer,
    DetailLayer,
    SurroundingsLayer,
    batch_norm,
    instance_norm,
    layer_norm,
)
from ift6266.networks.blocks import conv_block

# What normalizes the first layer, and the others.  Each picture by itself it is left out of the
# first, where it would hide the picture's own contrast from the critic.
NORMALIZATIONS = {
    'batch': (batch_norm, batch_norm),
    'layer': (None, layer_norm),
    'instance': (None, instance_norm),
    'none': (None, None),
}

# Grey, red less green, blue less yellow.  Photographs have a tenth as much fine detail in the
# differences as in grey: shown stronger, a critic would look at nothing else, and shown weaker it
# lets coloured specks pass.
OPPONENT_COLOURS = [[1 / 3, 1 / 3, 1 / 3], [0.6, -0.6, 0], [-0.3, -0.3, 0.6]]

# What it sees: (centre, context) → what its first convolution takes.
VIEWS = {
    'centre': lambda centre, context: centre,
    'surroundings': lambda *picture: SurroundingsLayer(picture, 8),
    'detail': lambda *picture: DetailLayer(SurroundingsLayer(picture, 1), np.eye(3), 3 * (3,)),
    'grain': lambda *picture: DetailLayer(
        SurroundingsLayer(picture, 10), OPPONENT_COLOURS, (3, 5, 5)
    ),
}


def build_critic(
    centre=None,
    context=None,
    *,
    filters=(32, 64, 96, 128),
    outputs=256,
    leakiness=0.01,
    normalization='batch',
    view='centre',
):
    """The layer graph of the table "Critic".

    Parameters
    ----------
    centre : Theano variable, optional
        (batch, 3, 32, 32) floatX in [0, 1].
    context : Theano variable, optional
        (batch, 3, 64, 64) floatX in [0, 1]; used by views other than 'centre' alone.
    filters : four int
        Of Conv1 to Conv4.
    outputs : int
        Filters of Conv5: 256 in the report, 1 in its notebook.
    leakiness : float
        Slope of the rectifier below zero: 0.01 in the notebook; the report's text
        says ReLU, which is 0.
    normalization : str
        One of :data:`NORMALIZATIONS`: 'batch' in the report.
    view : str
        One of :data:`VIEWS`.  'centre' in the report; 'surroundings' are eight rows and columns
        around it as well, 48×48 in all, as a critic with a condition sees them (Isola et al.
        2017); 'detail' is the finest detail of the centre in its place, 32×32, which leaves
        colours to the squared error; 'grain' is the finest detail in grey and a coarser one of
        two differences of colours, of the centre and eight rows and columns around it.

    Returns
    -------
    Layer
        (batch, outputs, 1, 1), or (batch, outputs, 2, 2) where it sees 48×48; the
        score of a centre is the mean of its outputs.
    """
    layer = VIEWS[view](
        InputLayer((None, 3, 32, 32), centre, name='centre'),
        InputLayer((None, 3, 64, 64), context, name='context'),
    )
    first, others = NORMALIZATIONS[normalization]
    for number, num_filters in enumerate(filters, start=1):
        layer = conv_block(
            layer,
            num_filters,
            nonlinearity=LeakyRectify(leakiness),
            normalize=first if number == 1 else others,
            name=f'conv{number}',
        )
    return Conv2DLayer(layer, outputs, 2, b=None, nonlinearity=None, name='conv5')
