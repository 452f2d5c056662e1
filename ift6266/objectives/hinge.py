"""Hinge losses: what is told apart by a margin of one asks for no more."""

from lasagne.nonlinearities import rectify

from ift6266.objectives.adversarial import AdversarialLoss


def critic_loss(real, painted):
    """mean(max(0, 1 − D(real))) + mean(max(0, 1 + D(painted))) (Lim and Ye 2017)."""
    return rectify(1 - real).mean() + rectify(1 + painted).mean()


def generator_loss(real, painted):
    """−mean(D(painted))."""
    return -painted.mean()


def relativistic_critic_loss(real, painted):
    """As :func:`critic_loss`, of outputs less the mean of the others.

    mean(max(0, 1 − (D(real) − mean D(painted)))) + mean(max(0, 1 + (D(painted) − mean D(real)))),
    the relativistic average hinge loss (Jolicoeur-Martineau 2019, appendix A).
    """
    return critic_loss(real - painted.mean(), painted - real.mean())


def relativistic_generator_loss(real, painted):
    """The critic's with the two in each other's place."""
    return relativistic_critic_loss(painted, real)


HINGE = AdversarialLoss(critic_loss, generator_loss)
RELATIVISTIC_HINGE = AdversarialLoss(relativistic_critic_loss, relativistic_generator_loss)
