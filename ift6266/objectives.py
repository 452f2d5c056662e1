"""The report's losses, as Theano expressions; there is no logarithm anywhere."""

from lasagne.objectives import squared_error


def reconstruction_loss(painted, target):
    """L2: the mean squared error over all pixels.

    Both (batch, 3, 32, 32) in [0, 1]; a scalar.
    """
    return squared_error(painted, target).mean()


def critic_loss(score_of_real, score_of_painted):
    """What the critic minimizes: −½ · mean(D(real) − D(painted)).

    The Wasserstein GAN (Arjovsky, Chintala and Bottou 2017, equation 3) with the
    report's factor of a half.  Below zero the critic tells real from painted: the
    further below, the better; its size is half its estimate, up to the scale that
    the clipping sets, of the distance between the two distributions.
    """
    return -(score_of_real.mean() - score_of_painted.mean()) / 2


def adversarial_loss(score_of_painted):
    """What the generator minimizes besides L2: −½ · mean(D(painted))."""
    return -score_of_painted.mean() / 2
