"""What an adversarial loss is: a pair, the critic's and the generator's."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class AdversarialLoss:
    """A game of critic and generator; each minimizes its own loss, a scalar.

    Both functions take the critic's outputs for photographs and for painted pictures, Theano
    variables of any shape with the minibatch first.
    """

    critic: Callable
    generator: Callable
