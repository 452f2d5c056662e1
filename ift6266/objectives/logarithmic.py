"""The logarithmic loss of the first GANs, with the generator's that does not saturate.

A critic's outputs are logarithms of odds, of one or more patches of each picture: D = sigmoid of
them is how probably the patch is a photograph's.
"""

from theano.tensor.nnet import softplus

from ift6266.objectives.adversarial import AdversarialLoss


def critic_loss(real, painted):
    """What the critic minimizes: −mean(log D(real)) − mean(log(1 − D(painted))).

    Goodfellow et al. (2014), equation 1.  Where it distinguishes nothing it is 2 · log 2.
    """
    return softplus(-real).mean() + softplus(painted).mean()


def generator_loss(real, painted):
    """What the generator minimizes: −mean(log D(painted)), Goodfellow et al. (2014), section 3."""
    return softplus(-painted).mean()


LOGARITHMIC = AdversarialLoss(critic_loss, generator_loss)
