"""What networks are trained for: losses and constraints, a file for each family.

A reconstruction loss is a function (painted, target) → the loss of each number, as those of
:mod:`lasagne.objectives`.  An adversarial loss is a pair of functions of a critic's outputs for
photographs and for painted pictures: ``critic``, which the critic minimizes, and ``generator``,
which the generator minimizes.  A constraint takes its limit, and keeps the critic's parameters:
see :class:`ift6266.objectives.clipping.Clipping`; its ``state`` are the shared variables that
it moves.
"""

from ift6266.tables import Table

RECONSTRUCTIONS = Table(
    l2='lasagne.objectives:squared_error',
    l1='ift6266.objectives.reconstruction:absolute_error',
    coarse_l2='ift6266.objectives.reconstruction:coarse_squared_error',
)
ADVERSARIAL_LOSSES = Table(
    wasserstein='ift6266.objectives.wasserstein:WASSERSTEIN',
    logarithmic='ift6266.objectives.logarithmic:LOGARITHMIC',
    hinge='ift6266.objectives.hinge:HINGE',
    relativistic_hinge='ift6266.objectives.hinge:RELATIVISTIC_HINGE',
)
CONSTRAINTS = Table(
    clipping='ift6266.objectives.clipping:Clipping',
    spectral='ift6266.objectives.spectral:SpectralNormalization',
    none='ift6266.objectives.clipping:Unconstrained',
)
