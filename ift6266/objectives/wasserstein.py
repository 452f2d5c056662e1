"""The Wasserstein loss of the report; there is no logarithm anywhere."""

from ift6266.objectives.adversarial import AdversarialLoss


def critic_loss(real, painted):
    """What the critic minimizes: −½ · mean(D(real) − D(painted)).

    The Wasserstein GAN (Arjovsky, Chintala and Bottou 2017, equation 3) with the report's factor
    of a half.  Below zero the critic distinguishes real from painted: the further below, the
    better; its size is half its estimate, up to the scale that the clipping sets, of the distance
    between the two distributions.
    """
    return -(real.mean() - painted.mean()) / 2


def generator_loss(real, painted):
    """What the generator minimizes beside its reconstruction loss: −½ · mean(D(painted))."""
    return -painted.mean() / 2


WASSERSTEIN = AdversarialLoss(critic_loss, generator_loss)
